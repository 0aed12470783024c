"""Item ids as given by the caller <-> item codes 1..n_items (0 is padding)."""

import numpy as np

__all__ = ["PADDING_CODE", "Vocabulary", "as_id_array"]

PADDING_CODE = 0

_SHOWN = 5  # repeated ids that an error lists


def as_id_array(ids, *, what="item ids"):
    """Return ids as an integer array or an object array of strings.

    Parameters
    ----------
    ids : sequence of int or str
        Ids of one kind.
    what : str
        What they are called in an error.

    Returns
    -------
    ids : ndarray of shape (n,)
        An integer array as it was given; otherwise int64 (uint64 where the ids need
        it) or object.

    Raises
    ------
    TypeError
        If the ids are of several kinds, or neither integers nor strings.
    ValueError
        If integers do not fit in 64 bits.
    """
    if isinstance(ids, np.ndarray) and ids.dtype.kind in "iu" and ids.ndim == 1:
        return ids
    if isinstance(ids, str | bytes) or not hasattr(ids, "__iter__"):
        raise TypeError(f"The {what} must be a sequence of ids. Got {ids!r}.")
    values = list(ids)
    kinds = {_kind(cls) for cls in set(map(type, values))}
    if kinds <= {"int"}:
        return _as_integers(values, what)
    if kinds == {"str"}:
        out = np.empty(len(values), dtype=object)
        out[:] = list(map(str, values))
        return out
    examples = {_kind(type(value)): value for value in reversed(values)}
    seen = ", ".join(f"{kind} ({examples[kind]!r})" for kind in sorted(kinds))
    raise TypeError(
        f"The {what} must be all integers or all strings. Got {seen}. "
        f"Cast them to one kind, for example with astype(str)."
    )


def _kind(cls):
    if issubclass(cls, bool | np.bool_):
        return "bool"
    if issubclass(cls, int | np.integer):
        return "int"
    return "str" if issubclass(cls, str) else cls.__name__


def _as_integers(values, what):
    values = list(map(int, values))
    for dtype in (np.int64, np.uint64):
        try:
            return np.array(values, dtype=dtype)
        except OverflowError:
            continue
    raise ValueError(
        f"The {what} must fit in 64 bits. Got {min(values)} to {max(values)}. Cast "
        f"them to strings."
    )


class Vocabulary:
    """The catalogue: which item code stands for which item id.

    Parameters
    ----------
    ids : sequence of int or str
        Item ids, each once; ``ids[code - 1]`` is the id of an item code.

    Attributes
    ----------
    ids : ndarray of shape (n_items,)
        Item ids in code order.

    Raises
    ------
    TypeError
        If the ids are of several kinds, or neither integers nor strings.
    ValueError
        If an id occurs twice.

    Examples
    --------
    >>> vocabulary = Vocabulary(["a", "c", "d"])
    >>> vocabulary.encode(["d", "b", "a"])
    array([3, 0, 1], dtype=int32)
    """

    def __init__(self, ids):
        self.ids = as_id_array(ids)
        self._lookup = None
        self._check_unique()

    def _check_unique(self):
        if len(self.ids) < 2 or (self.ids[1:] > self.ids[:-1]).all():
            return
        unique, counts = np.unique(self.ids, return_counts=True)
        if len(unique) < len(self.ids):
            shown = ", ".join(map(repr, unique[counts > 1][:_SHOWN].tolist()))
            raise ValueError(
                f"The ids of a vocabulary must differ. Got {(counts > 1).sum()} ids "
                f"more than once: {shown}. Give each id once."
            )

    def __len__(self):
        return len(self.ids)

    def __eq__(self, other):
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return self is other or np.array_equal(self.ids, other.ids)

    def __hash__(self):
        return hash((len(self.ids), *self.ids[:3].tolist()))

    def __repr__(self):
        shown = ", ".join(repr(value) for value in self.ids[:3].tolist())
        more = ", ..." if len(self) > 3 else ""
        return f"Vocabulary([{shown}{more}], n_items={len(self)})"

    def __getstate__(self):
        return {"ids": np.ascontiguousarray(self.ids), "_lookup": None}

    def encode(self, ids):
        """Return the codes of item ids; 0 for an id that is not in the catalogue.

        Parameters
        ----------
        ids : sequence of int or str
            Item ids.

        Returns
        -------
        codes : ndarray of shape (n,), dtype=int32
            Item codes.

        Raises
        ------
        TypeError
            If the ids are of several kinds, or neither integers nor strings.
        """
        ids = as_id_array(ids)
        if not len(self) or (ids.dtype == object) != (self.ids.dtype == object):
            return np.zeros(len(ids), dtype=np.int32)
        if ids.dtype == object:
            return self._encode_strings(ids)
        return self._encode_integers(ids)

    def _encode_strings(self, ids):
        if self._lookup is None:
            self._lookup = {key: code for code, key in enumerate(self.ids, 1)}
        find = self._lookup.get
        return np.fromiter((find(key, 0) for key in ids), np.int32, len(ids))

    def _encode_integers(self, ids):
        if self._lookup is None:
            sorter = np.argsort(self.ids, kind="stable")
            codes = (sorter + 1).astype(np.int32)
            # 64 bits of either sign: numpy compares int64 with uint64 as floats.
            kind = np.int64 if self.ids.dtype.kind == "i" else np.uint64
            self._lookup = (self.ids[sorter].astype(kind), codes)
        ordered, codes = self._lookup
        fits = True
        if ids.dtype.kind != ordered.dtype.kind:
            fits = ids >= 0 if ids.dtype.kind == "i" else ids < 2**63
        ids = ids.astype(ordered.dtype, copy=False)
        place = np.searchsorted(ordered, ids)
        place[place == len(ordered)] = 0
        return np.where((ordered[place] == ids) & fits, codes[place], np.int32(0))

    def decode(self, codes):
        """Return the item ids of item codes.

        Parameters
        ----------
        codes : array-like of int, any shape
            Item codes, 1 to `n_items`.

        Returns
        -------
        ids : ndarray of the shape of `codes`
            Item ids.

        Raises
        ------
        IndexError
            If a code is padding (0), negative, or larger than the catalogue.
        """
        codes = np.asarray(codes)
        if codes.size and codes.min() < 1:
            raise IndexError(
                f"Codes to decode must be item codes, 1 to {len(self)}. Got "
                f"{codes.min()}; leave padding out with the mask."
            )
        return self.ids[codes - 1]
