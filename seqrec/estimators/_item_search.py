"""The best items for states, in blocks that stay in cache; exact."""

import numpy as np
import torch
from scipy import sparse

__all__ = ["ItemSearch"]

_CPU_BLOCK = 2**20  # scores in memory at once
_BLOCK = 2**26
_MIN_ROWS = 16
_EVEN = 64  # rows of a block are a multiple of this, where there are more
_FEW_ROWS, _MANY_VALUES, _GROUP = 4, 2**21, 32
_FOLD = 32  # scores that stand for one another in the first pass
_WIDE = 4  # first pass where a row has so many folds for each place
_TOLERANCE = 4 * torch.finfo(torch.float32).eps
_DIVERGED = (
    "The network has weights or states that are NaN or infinite, so nothing can be "
    "ranked: training has diverged. Fit again with a smaller lr, and look for extreme "
    "values in the context channels."
)


class ItemSearch:
    """Exact search of the items with the largest scores.

    Parameters
    ----------
    head : Module
        The head of a trained network.

    Attributes
    ----------
    weight : Tensor of shape (V, D)
        Output vectors.
    bias : Tensor of shape (V,) or None
        Added to the scores.
    index : ItemIndex or None
        An approximate search, where one has been made.
    """

    def __init__(self, head):
        self.head = head
        self.index = self.state = None
        with torch.no_grad():
            self.weight = head.weight.detach()
            self.bias = None if head.bias is None else head.bias.detach()
            self._longest = max(
                (float(part.norm(dim=1).max()) for part in self.weight.split(2**16)),
                default=0.0,
            )
            self._largest = 0.0 if self.bias is None else float(self.bias.abs().max())
        if not np.isfinite(self._longest + self._largest):
            raise ValueError(_DIVERGED)

    @torch.no_grad()
    def best(self, states, k, seen=None, allowed=None, offsets=None):
        """Return the items with the largest scores.

        Parameters
        ----------
        states : Tensor of shape (n, D)
            Final states.
        k : int
            How many items a row.
        seen : Sequences or None
            Histories whose items leave the ranking, one for each row.
        allowed : ndarray of shape (V,), dtype=bool, or None
            Items to choose among.
        offsets : MemoryOffsets or None
            What is added to the scores.

        Returns
        -------
        codes : ndarray of shape (n, k), dtype=int64
            Item codes, best first, ties by lower code; 0 where none is left.
        scores : ndarray of shape (n, k), dtype=float32
            Their scores.
        is_close : ndarray of shape (n,), dtype=bool
            True where two scores are so close that rounding may have put them in
            another order, or another item in the last place.
        """
        n = len(states)
        codes = np.zeros((n, k), dtype=np.int64)
        best = np.full((n, k), -np.inf, dtype=np.float32)
        is_close = np.zeros(n, dtype=bool)
        bias = self._masked_bias(allowed)
        blocks = self._blocks(states, bias, seen, offsets)
        for rows, queries, scores, largest in blocks:
            margin = self._margin(queries, largest)
            codes[rows], best[rows], is_close[rows] = _largest(scores, k, margin)
        return codes, best, is_close

    @torch.no_grad()
    def rank_bounds(self, states, targets, seen=None, offsets=None):
        """Return between which ranks one item of each row stands.

        Parameters
        ----------
        states : Tensor of shape (n, D)
            Final states.
        targets : ndarray of shape (n,), dtype=int
            Item codes; -1 for an item that is not in the catalogue.
        seen : Sequences or None
            Histories whose items leave the ranking, one for each row.
        offsets : MemoryOffsets or None
            What is added to the scores.

        Returns
        -------
        best, worst : ndarray of shape (n,), dtype=float64
            Before and behind all other items with its score, from 1; inf where the
            target is not in the ranking.
        """
        best = np.full(len(states), np.inf)
        worst = np.full(len(states), np.inf)
        wanted = torch.from_numpy(np.asarray(targets, dtype=np.int64))
        for rows, _, scores, _ in self._blocks(states, self.bias, seen, offsets):
            columns = (wanted[rows].to(scores.device) - 1).clamp_(min=0)
            own = scores.gather(1, columns[:, None])
            first = 1 + (scores > own).sum(dim=1).cpu().numpy()
            equal = (scores == own).sum(dim=1).cpu().numpy()
            kept = (own[:, 0] > -torch.inf).cpu().numpy() & (targets[rows] > 0)
            best[rows] = np.where(kept, first, np.inf)
            worst[rows] = np.where(kept, first + equal - 1, np.inf)
        return best, worst

    def _blocks(self, states, bias, seen, offsets):
        """Yield rows, projected states, scores and the largest offset, by blocks."""
        queries = self.head.project(states)
        if not queries.isfinite().all():
            raise ValueError(_DIVERGED)
        n, n_items = len(queries), len(self.weight)
        size = _CPU_BLOCK if queries.device.type == "cpu" else _BLOCK
        step = max(_MIN_ROWS, size // n_items)
        step = max(1, min(n, step - step % _EVEN if step > _EVEN else step))
        block = queries.new_empty(step * n_items)
        for start in range(0, n, step):
            rows = slice(start, min(start + step, n))
            part = queries[rows]
            # An item's scores side by side: the product is up to 1.6 times as fast.
            scores = block[: len(part) * n_items].view(n_items, len(part)).t()
            _score(part, self.weight, bias, scores)
            largest = 0.0
            if offsets is not None:
                largest = _add(scores, offsets(rows))
            if seen is not None:
                _leave_out(scores, seen[rows])
            yield rows, part, scores, largest

    def arrays(self):
        """Return output vectors (V, D), and biases (V,) or None, as arrays."""
        bias = None if self.bias is None else self.bias.cpu().numpy()
        return self.weight.cpu().numpy(), bias

    def _masked_bias(self, allowed):
        if allowed is None:
            return self.bias
        device = self.weight.device
        refused = torch.from_numpy(~allowed).to(device)
        bias = (
            self.weight.new_zeros(len(self.weight)) if self.bias is None else self.bias
        )
        return bias.masked_fill(refused, -torch.inf)

    def _margin(self, queries, offset):
        """Return how far scores of each query may be from exact, (n,)."""
        lengths = queries.norm(dim=1).cpu().numpy()
        return _TOLERANCE * (lengths * self._longest + self._largest + offset)


def _score(queries, weight, bias, out):
    """Write ``queries @ weight.T + bias`` into `out`.

    Few rows against many items are products of one vector with groups of items:
    measured on a million items of 128 numbers, a whole product of one row took three
    times as long.
    """
    is_few = queries.device.type == "cpu" and len(queries) < _FEW_ROWS
    if not is_few or weight.numel() < _MANY_VALUES:
        if bias is None:
            torch.mm(weight, queries.t(), out=out.t())
        else:
            torch.addmm(bias[:, None], weight, queries.t(), out=out.t())
        return
    n_groups = len(weight) // _GROUP
    whole = n_groups * _GROUP
    groups, last = (
        part.view(-1, _GROUP, weight.shape[1])
        for part in (weight[:whole], weight[-_GROUP:])
    )
    for query, scores in zip(queries.split(1), out, strict=True):
        # (groups, D, 1); as a transposed row, since a column takes five times as long.
        vectors = query.t().expand(n_groups, -1, 1)
        scores[:whole] = torch.bmm(groups, vectors).flatten()
        scores[-_GROUP:] = torch.bmm(last, query.t()[None]).flatten()
        if bias is not None:
            scores += bias


def _add(scores, offsets):
    """Add offsets (n, V), sparse or not, to scores (n, V); return the largest."""
    if not sparse.issparse(offsets):
        scores += torch.from_numpy(offsets).to(scores.device)
        return float(offsets.max(initial=0.0))
    rows = np.repeat(np.arange(offsets.shape[0]), np.diff(offsets.indptr))
    # Scores stand in memory item by item.
    places = torch.from_numpy(offsets.indices.astype(np.int64) * len(scores) + rows)
    values = torch.from_numpy(offsets.data)
    flat = scores.t().view(-1)
    flat.index_add_(0, places.to(scores.device), values.to(scores.device))
    return float(offsets.data.max(initial=0.0))


def _leave_out(scores, histories):
    rows = np.repeat(np.arange(len(histories)), histories.lengths)
    codes = histories.codes[histories.positions()].astype(np.int64)
    # Scores stand in memory item by item.
    places = torch.from_numpy((codes - 1) * len(scores) + rows).to(scores.device)
    scores.t().view(-1).index_fill_(0, places, -torch.inf)


def _largest(scores, k, margin):
    """Return codes and scores (n, k) of the largest, and which rows are close calls."""
    n_items = scores.shape[1]
    values, columns = _candidates(scores, min(k + 1, n_items))
    values, columns = values.cpu().numpy(), columns.cpu().numpy()
    upper, lower = values[:, :-1], values[:, 1:]
    is_item = lower > -np.inf  # one that has left the ranking is no rival
    is_close = (is_item & (upper <= lower + margin[:, None])).any(axis=1)
    width = min(k, n_items)
    codes = np.zeros((len(values), k), dtype=np.int64)
    best = np.full((len(values), k), -np.inf, dtype=np.float32)
    best[:, :width] = values[:, :width]
    codes[:, :width] = np.where(best[:, :width] > -np.inf, columns[:, :width] + 1, 0)
    for row in np.flatnonzero((is_item & (upper == lower)).any(axis=1)):
        codes[row], best[row] = _tied_row(scores[row], best[row, :width].min(), k)
    return codes, best, is_close


def _tied_row(scores, lowest, k):
    """Return codes and scores (k,) of a row that has ties among its best.

    `lowest` is its k-th largest score; -inf where fewer items are in the ranking.
    """
    lowest = max(float(lowest), torch.finfo(scores.dtype).min)
    columns = (scores >= lowest).nonzero()[:, 0]
    found = scores[columns].cpu().numpy()
    order = np.argsort(-found, kind="stable")[:k]
    codes, best = np.zeros(k, dtype=np.int64), np.full(k, -np.inf, dtype=np.float32)
    codes[: len(order)] = columns.cpu().numpy()[order] + 1
    best[: len(order)] = found[order]
    return codes, best


def _candidates(scores, k):
    """Return the k largest scores of each row, and their columns.

    A long row is folded first: column `c` and those `c + w`, `c + 2 w`, ... are one
    fold of width `w`; the k folds with the largest maxima hold the k largest scores.
    """
    n_items = scores.shape[1]
    width = n_items // _FOLD
    if width < _WIDE * k:
        return scores.topk(k, dim=1)
    folded = scores.t()[: width * _FOLD].view(_FOLD, -1)  # (fold, width * n)
    maxima = folded.amax(dim=0).view(width, -1).t()  # (n, width)
    folds = maxima.topk(k, dim=1, sorted=False).indices  # (n, k)
    places = torch.arange(_FOLD, device=scores.device)[:, None] * width
    columns = (folds[:, None, :] + places).flatten(1)  # (n, fold * k)
    rest = torch.arange(width * _FOLD, n_items, device=scores.device)
    columns = torch.cat([columns, rest.expand(len(scores), -1)], dim=1)
    values, where = scores.gather(1, columns).topk(k, dim=1)
    return values, columns.gather(1, where)
