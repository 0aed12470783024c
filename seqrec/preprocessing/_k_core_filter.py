"""KCoreFilter: drop users and items with few events, until none is left."""

from numbers import Integral
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from seqrec._compat import Interval, validate_parameters
from seqrec.data._frames import take_rows
from seqrec.data._table_reader import TableReader
from seqrec.data.schema import ITEM, USER, EventSchema

__all__ = ["KCoreFilter"]


class KCoreFilter(TransformerMixin, BaseEstimator):
    """Keep users and items with enough events while a pipeline is fitted.

    Only `fit_transform` drops rows. `transform` checks the table and returns it
    unchanged, on purpose: at predict time every user wants an answer, and an event
    outside the core is still the user's latest one. `SequenceEncoder` drops it there
    (its item is not in the catalogue) and remembers in `Sequences.last_known` that a
    target was outside, so that scores stay honest. To filter by hand, take the rows
    whose user is in `users_` and whose item is in `items_`.

    Dropping a rare item can make a user rare and the other way round, so both are
    dropped in turn until every user and item left has enough events: the k-core of the
    bipartite graph [1]_.

    Parameters
    ----------
    min_user_events : int, default=5
        Least number of events of a user.
    min_item_events : int, default=5
        Least number of events of an item.
    user : str, default="user_id"
        Column of the user ids: integers or strings.
    item : str, default="item_id"
        Column of the item ids: integers or strings.

    Attributes
    ----------
    items_ : ndarray of shape (n_items,)
        Item ids kept, sorted.
    users_ : ndarray of shape (n_users,)
        User ids kept, sorted.
    n_rounds_ : int
        How often users and items were dropped.

    See Also
    --------
    SequenceEncoder : Its `min_item_count` drops rare items once.

    Notes
    -----
    ``fit(X).transform(X)`` is `X`, unlike ``fit_transform(X)``. Fit the filter inside a
    pipeline, on training rows: one that has seen the test rows knows which items will
    be frequent. Stability: stable.

    References
    ----------
    .. [1] S. B. Seidman (1983). Network structure and minimum degree. Social Networks
       5(3). doi:10.1016/0378-8733(83)90028-X

    Examples
    --------
    >>> import pandas as pd
    >>> from seqrec import KCoreFilter
    >>> events = pd.DataFrame({"user_id": [1, 1, 2, 2, 3], "item_id": [7, 8, 7, 8, 9]})
    >>> k_core = KCoreFilter(min_user_events=2, min_item_events=2)
    >>> k_core.fit_transform(events)
       user_id  item_id
    0        1        7
    1        1        8
    2        2        7
    3        2        8
    >>> k_core.transform(events) is events
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        "min_user_events": [Interval(Integral, 1, None, closed="left")],
        "min_item_events": [Interval(Integral, 1, None, closed="left")],
        "user": [str],
        "item": [str],
    }

    def __init__(self, min_user_events=5, min_item_events=5, *, user=USER, item=ITEM):
        self.min_user_events = min_user_events
        self.min_item_events = min_item_events
        self.user = user
        self.item = item

    def fit(self, X, y=None):
        """Find the users and items to keep.

        Parameters
        ----------
        X : pandas, polars or pyarrow table
            Event log; it is not changed.
        y : None
            Ignored.

        Returns
        -------
        self : KCoreFilter
            The fitted filter.

        Raises
        ------
        ValueError
            If a column is missing, or nothing is left.
        """
        self._fit_rows(X)
        return self

    def fit_transform(self, X, y=None):
        """Find the users and items to keep, and return their rows.

        Parameters
        ----------
        X : pandas, polars or pyarrow table
            Event log; it is not changed.
        y : None
            Ignored.

        Returns
        -------
        X_kept : table of the same kind
            The rows of kept users and kept items, in their order.
        """
        return take_rows(X, self._fit_rows(X))

    def transform(self, X):
        """Check the table and return it unchanged; see the class for the reason.

        Parameters
        ----------
        X : pandas, polars or pyarrow table
            Event log.

        Returns
        -------
        X : the same table
            With all its rows.

        Raises
        ------
        ValueError
            If a column is missing or holds nulls.
        """
        check_is_fitted(self)
        self._reader(X).check_ids()
        return X

    def _reader(self, X):
        validate_parameters(self)
        schema = EventSchema(self.user, self.item, None)
        return TableReader(X, schema, owner=type(self).__name__)

    def _fit_rows(self, X):
        """Learn what to keep, and return the rows to keep."""
        reader = self._reader(X)
        read = reader.users(), reader.items()
        reader.check()
        (users, user_ids), (items, item_ids) = read
        rows = np.arange(len(users))
        n_rounds = 0
        while True:
            n_user = np.bincount(users, minlength=len(user_ids))
            n_item = np.bincount(items, minlength=len(item_ids))
            good = (n_user >= self.min_user_events)[users]
            good &= (n_item >= self.min_item_events)[items]
            if good.all():
                break
            users, items, rows = users[good], items[good], rows[good]
            n_rounds += 1
        if not len(rows):
            raise ValueError(
                f"KCoreFilter leaves no event: no group of users and items has "
                f"{self.min_user_events} events a user and {self.min_item_events} an "
                f"item. Lower min_user_events or min_item_events."
            )
        self.users_, self.items_ = user_ids[n_user > 0], item_ids[n_item > 0]
        self.n_rounds_ = n_rounds
        return rows
