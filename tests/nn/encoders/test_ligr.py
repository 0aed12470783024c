import pytest
import torch
from torch.nn import functional as F

from seqrec.nn.encoders.ligr import LigrEncoder
from seqrec.nn.encoders.transformer import TransformerEncoder

DIM = 8


def inputs():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 5, DIM, generator=generator)
    return x, torch.ones(2, 5, dtype=torch.bool)


def test_a_layer_is_its_formula():
    torch.manual_seed(0)
    encoder = LigrEncoder(DIM, DIM, n_heads=2)
    (block,) = encoder.blocks
    x, mask = inputs()
    attended = block.attend(block.attention_norm(x))
    x1 = x + torch.sigmoid(block.attention_gate(x)) * attended
    normed = block.forward_norm(x1)
    wide = F.silu(block.widen_gate(normed)) * block.widen(normed)
    x2 = x1 + torch.sigmoid(block.forward_gate(x1)) * block.narrow(wide)
    torch.testing.assert_close(encoder(x, mask), encoder.norm(x2))


def test_shut_gates_let_nothing_through():
    encoder = LigrEncoder(DIM, DIM, 3)
    with torch.no_grad():
        for block in encoder.blocks:
            for gate in (block.attention_gate, block.forward_gate):
                gate.weight.zero_()
                gate.bias.fill_(-1e4)
    x, mask = inputs()
    torch.testing.assert_close(encoder(x, mask), encoder.norm(x))


def test_open_gates_leave_the_attention_of_a_transformer():
    torch.manual_seed(0)
    gated, plain = LigrEncoder(DIM, DIM), TransformerEncoder(DIM, DIM)
    plain.load_state_dict(gated.state_dict(), strict=False)
    with torch.no_grad():
        for encoder in (gated, plain):
            encoder.blocks[0].narrow.weight.zero_()
            encoder.blocks[0].narrow.bias.zero_()
        gated.blocks[0].attention_gate.weight.zero_()
        gated.blocks[0].attention_gate.bias.fill_(1e4)
    x, mask = inputs()
    torch.testing.assert_close(gated(x, mask), plain(x, mask))


def test_gates_add_half_as_many_weights_again():
    gated, plain = (
        sum(p.numel() for p in encoder(64, 64).blocks.parameters())
        for encoder in (LigrEncoder, TransformerEncoder)
    )
    assert gated / plain == pytest.approx(1.5, rel=0.01)


def test_errors_name_the_encoder_that_was_asked_for():
    with pytest.raises(ValueError, match="of LigrEncoder must divide"):
        LigrEncoder(DIM, DIM, n_heads=3)
    encoder = LigrEncoder(DIM, DIM, positions="learned", max_length=3)
    with pytest.raises(ValueError, match="LigrEncoder has learned 3 positions"):
        encoder(*inputs())
