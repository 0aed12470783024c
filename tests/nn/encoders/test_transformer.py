import pytest
import torch
from torch import nn

from seqrec.nn.encoders._transformer_block import _angles, _turn
from seqrec.nn.encoders.transformer import TransformerEncoder
from seqrec.nn.masks import causal_mask, lengths_to_mask

DIM = 8


def torchs_own(encoder, n_heads):
    """Return torch's layers with the weights of an encoder."""
    layers = []
    for block in encoder.blocks:
        layer = nn.TransformerEncoderLayer(
            DIM, n_heads, 4 * DIM, dropout=0.0, activation="gelu",
            batch_first=True, norm_first=True,
        )  # fmt: skip
        layer.self_attn.load_state_dict({
            "in_proj_weight": block.in_projection.weight,
            "in_proj_bias": block.in_projection.bias,
            "out_proj.weight": block.out_projection.weight,
            "out_proj.bias": block.out_projection.bias,
        })  # fmt: skip
        pairs = [
            (layer.norm1, block.attention_norm), (layer.norm2, block.forward_norm),
            (layer.linear1, block.widen), (layer.linear2, block.narrow),
        ]  # fmt: skip
        for own, other in pairs:
            own.load_state_dict(other.state_dict())
        layers.append(layer)
    return nn.Sequential(*layers)


@pytest.mark.parametrize(("n_layers", "n_heads"), [(1, 1), (1, 4), (3, 2)])
def test_states_are_those_of_torchs_own_layers(n_layers, n_heads):
    torch.manual_seed(0)
    encoder = TransformerEncoder(
        DIM, DIM, n_layers, n_heads=n_heads, positions="learned", max_length=9
    )
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
        encoder.position_embedding.weight.zero_()
    x = torch.randn(3, 7, DIM)
    mask = lengths_to_mask(torch.tensor([7, 4, 1]), 7)
    found = encoder(x, mask)
    hidden = ~causal_mask(7)
    expected = x
    for layer in torchs_own(encoder, n_heads):
        expected = layer(expected, src_mask=hidden, src_key_padding_mask=~mask)
    expected = encoder.norm(expected)
    torch.testing.assert_close(found[mask], expected[mask], rtol=1e-5, atol=1e-5)


def test_learned_positions_are_added_to_the_inputs():
    torch.manual_seed(0)
    encoder = TransformerEncoder(3, DIM, positions="learned", max_length=6)
    x, mask = torch.randn(1, 4, 3), torch.ones(1, 4, dtype=torch.bool)
    with_positions = encoder(x, mask)
    inner = encoder.projection(x) + encoder.position_embedding.weight[:4]
    encoder.position_embedding = None
    encoder.projection = nn.Identity()
    torch.testing.assert_close(with_positions, encoder(inner, mask))


@pytest.mark.parametrize("width", [1, 2, 5, 6])
def test_rotary_scores_depend_on_distance_alone(width):
    torch.manual_seed(0)
    query, key = torch.randn(2, width, dtype=torch.float64)
    both = torch.stack([query.expand(20, width), key.expand(20, width)])
    cosine, sine = _angles(both[0])
    turned = _turn(both, cosine, sine)
    scores = turned[0] @ turned[1].T
    for shift in (1, 7):
        torch.testing.assert_close(scores[:-shift, :-shift], scores[shift:, shift:])
    torch.testing.assert_close(turned.norm(dim=-1), both.norm(dim=-1))
    if width > 1:
        assert scores[0].std() > 1e-3


def test_with_rotary_positions_order_matters():
    torch.manual_seed(0)
    encoder = TransformerEncoder(3, DIM)
    x, mask = torch.randn(1, 4, 3), torch.ones(1, 4, dtype=torch.bool)
    swapped = encoder(x[:, [1, 0, 2, 3]], mask)
    assert (encoder(x, mask)[:, -1] - swapped[:, -1]).abs().max() > 1e-4


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"n_heads": 3}, r"'n_heads' .* must divide the width of the states, 8. Got 3"),
        ({"positions": "rotory"}, r"'positions' .* Did you mean 'rotary'"),
        ({"max_length": 0}, "'max_length' parameter of TransformerEncoder"),
    ],
)
def test_wrong_options_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        TransformerEncoder(DIM, DIM, **options)


def test_a_row_longer_than_the_learned_positions_is_refused():
    encoder = TransformerEncoder(DIM, DIM, positions="learned", max_length=3)
    with pytest.raises(ValueError, match=r"learned 3 positions. Got a row of 4 events"):
        encoder(torch.randn(1, 4, DIM), torch.ones(1, 4, dtype=torch.bool))
