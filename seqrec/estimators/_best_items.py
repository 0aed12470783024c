"""The best items of each row, as the columns of a table."""

import numpy as np

from seqrec.data._frames import is_frame
from seqrec.data.schema import ITEM, USER
from seqrec.data.vocabulary import as_id_array

__all__ = ["best_items"]

_SHOWN = 5


def best_items(model, sequences, k, candidates, exclude_seen, names=(USER, ITEM)):
    """Return columns of user, rank, item and score, a row for each user and rank.

    Parameters
    ----------
    model : BaseRecommender
        A fitted recommender.
    sequences : Sequences
        Histories in the codes of `model`.
    k : int
        How many items a row.
    candidates : sequence of int or str, or None
        Item ids to choose among; None is the whole catalogue.
    exclude_seen : bool or None
        Leave history items out of the ranking; None does as decided in `fit`.
    names : tuple of str
        Names of the user and item columns.

    Returns
    -------
    columns : dict of str to ndarray
        User, ``"rank"``, item and ``"score"``.

    Raises
    ------
    ValueError
        If a candidate is not in the catalogue, or there is none.
    TypeError
        If candidates are no ids, or `exclude_seen` is no bool.
    """
    allowed = None if candidates is None else _candidate_mask(model, candidates)
    if not (exclude_seen is None or isinstance(exclude_seen, bool | np.bool_)):
        raise TypeError(
            f"The 'exclude_seen' parameter of recommend must be a bool or None. Got "
            f"{exclude_seen!r} instead."
        )
    exclude = model.exclude_seen_ if exclude_seen is None else bool(exclude_seen)
    codes, scores = model._best_codes(
        sequences, k, exclude_seen=exclude, allowed=allowed
    )
    kept = codes > 0
    rows = np.repeat(np.arange(len(codes)), kept.sum(axis=1))
    return {
        names[0]: sequences.users[rows],
        "rank": np.cumsum(kept, axis=1)[kept],
        names[1]: model.vocabulary_.decode(codes[kept]),
        "score": scores[kept].astype(np.float64),
    }


def _candidate_mask(model, candidates):
    if is_frame(candidates) or np.ndim(candidates) > 1:
        raise TypeError(
            f"candidates must be one flat list of item ids, the same for all users. "
            f"Got {type(candidates).__name__}; give one column or one list."
        )
    ids = as_id_array(candidates, what="candidates")
    if not len(ids):
        raise ValueError(
            "candidates must hold at least one item id. Got none; use None for the "
            "whole catalogue."
        )
    codes = model.vocabulary_.encode(ids)
    if not codes.all():
        unknown = ids[codes == 0]
        shown = ", ".join(repr(item) for item in unknown[:_SHOWN].tolist())
        more = ", ..." if len(unknown) > _SHOWN else ""
        raise ValueError(
            f"{len(unknown)} of {len(ids)} candidates are not in the catalogue: "
            f"{shown}{more}. Take candidates from items_ of the fitted recommender."
        )
    mask = np.zeros(model.n_items_, dtype=bool)
    mask[codes - 1] = True
    return mask
