"""VotingRecommender: the weighted vote of other recommenders."""

import copy
from functools import partial
from numbers import Integral, Real

import numpy as np
from sklearn.base import MetaEstimatorMixin, clone
from sklearn.utils import Bunch, check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.parallel import Parallel, delayed

from seqrec._compat import BaseComposition, Interval, StrOptions, validate_parameters
from seqrec.estimators._base import BaseRecommender
from seqrec.estimators._inputs import count_items
from seqrec.estimators._network_recommender import NetworkRecommender
from seqrec.estimators._vote_members import check_members, check_weights, seeded_clone
from seqrec.estimators._vote_weights import RivalVotes, hold_out_rows, search_weights
from seqrec.estimators._votes import cast_votes

__all__ = ["VotingRecommender"]

_CLOSE = 1e-5  # log-probabilities that the rounding of a batch may exchange


def _has_partial_fit(voting):
    """Tell whether every recommender of a vote learns piece by piece."""
    members = [one for _, one in voting.estimators if one != "drop"]
    return all(hasattr(one, "partial_fit") for one in members)


class VotingRecommender(MetaEstimatorMixin, BaseComposition, BaseRecommender):
    """Recommend what several recommenders agree on, the better ones counting more.

    Recommenders that learn differently, such as a network and counts, err differently:
    an item that all of them rank high is a better bet than the favourite of one. The
    recommenders are fitted on the same histories and vote with their scores, made
    comparable, or with their ranks. How much each counts is learned on held-out events
    or given.

    Parameters
    ----------
    estimators : list of (str, recommender) tuples
        Name and recommender, which is cloned; "drop" in its place leaves it out.
        Parameters are reached as ``name__parameter``. A recommender may be a
        `VotingRecommender`.
    combine : {"scores", "ranks"}, default="scores"
        Add logarithms of probabilities made of the scores [1]_, or reciprocal
        ranks [2]_, which do not see by how much an item is ahead.
    weights : "learn", array-like of shape (n_estimators,) or None, default="learn"
        How much each vote counts, 0 or more. "learn" holds out the target of some
        rows, fits on the rest and takes the weights that rank the targets best, so
        it fits twice. None weighs all alike.
    validation_fraction : float, default=0.25
        Share of rows whose target (the last event, or that of `y`) is held out, at
        most 2,000 of them; used by ``weights="learn"``.
    refit : bool, default=True
        Fit on all events once the weights are learned. False stays with the members
        that have not seen the held-out events, which takes half the time.
    rank_offset : float, default=10.0
        Added to ranks, used by "ranks": the larger, the less the first ranks count
        beside the others.
    top_k : int, default=10
        How many items `predict` and `recommend` return.
    exclude_seen : bool or "auto", default="auto"
        Leave history items out of the ranking. "auto": if fewer than 1 % of the events
        in `fit` repeat an item of their row. It overrides that of the members.
    n_jobs : int or None, default=None
        How many members are fitted at a time; None is 1, -1 all processors.
    random_state : int, RandomState instance or None, default=None
        Source of random numbers; an int gives the same result at every fit. Members
        whose own is None take theirs from it.

    Attributes
    ----------
    estimators_ : list of recommenders
        The fitted members that were not dropped.
    named_estimators_ : Bunch
        The same by name.
    weights_ : ndarray of shape (n_members,)
        How much each of them counts; they sum to 1. Others may be put in their place.
    validation_scores_ : dict of str to float
        NDCG@10 of each member alone on the held-out targets, where weights were
        learned (from two members on).
    validation_score_ : float
        NDCG@10 of their vote on the same targets, on which the weights were chosen.
    items_ : ndarray of shape (n_items,)
        The catalogue in code order.
    exclude_seen_ : bool
        Whether seen items leave the ranking.

    See Also
    --------
    sklearn.ensemble.VotingClassifier : The same for classes.
    sklearn.pipeline.FeatureUnion : Puts what several recommenders `transform` side by
        side.

    Notes
    -----
    The score of an item is ``sum over m of weights_[m] * v_m``. With "ranks",
    ``v_m = 1 / (rank_offset + rank)``. With "scores", `v_m` is the logarithm of a
    probability: the softmax of the scores of a network or of a vote by scores; for
    scores of 0 or more, as counts give, ``(share + 1 / n_items) / 2``, where ``share``
    is a score divided by the sum of its row, so that an item that was never counted has
    no veto; for other scores the softmax of their z-scores.

    Learned weights maximise NDCG@10, found by changing one share of the vote at a time;
    of weights that the held-out rows cannot tell apart, the most even ones are taken.
    Ranks in this search are counted among the 100 best items of each member.

    A row gets the same items alone as in a batch, except in a vote by ranks of a
    network, where two scores that are equal up to rounding may change places.

    Stability: stable.

    References
    ----------
    .. [1] C. Genest and J. V. Zidek (1986). Combining probability distributions: a
       critique and an annotated bibliography. Statistical Science 1(1).
       doi:10.1214/ss/1177013825
    .. [2] G. V. Cormack, C. L. A. Clarke and S. Büttcher (2009). Reciprocal rank fusion
       outperforms Condorcet and individual rank learning methods. SIGIR.
       doi:10.1145/1571941.1572114

    Examples
    --------
    >>> from seqrec import ItemKNNRecommender, SequentialRulesRecommender
    >>> from seqrec import VotingRecommender
    >>> model = VotingRecommender(
    ...     [("rules", SequentialRulesRecommender()), ("knn", ItemKNNRecommender())],
    ...     weights=[3, 1],
    ...     exclude_seen=False,
    ... )
    >>> _ = model.fit([["a", "b"], ["a", "c", "b"], ["a"]])
    >>> model.weights_
    array([0.75, 0.25])
    >>> model.predict([["a"], ["c", "a"]], top_k=2)
    array([['b', 'c'],
           ['b', 'c']], dtype=object)
    """

    estimators_: list

    _parameter_constraints: dict = {
        **BaseRecommender._parameter_constraints,
        "estimators": [list],
        "combine": [StrOptions({"scores", "ranks"})],
        "weights": [StrOptions({"learn"}), "array-like", None],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "refit": ["boolean"],
        "rank_offset": [Interval(Real, 0, None, closed="left")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimators,
        *,
        combine="scores",
        weights="learn",
        validation_fraction=0.25,
        refit=True,
        rank_offset=10.0,
        top_k=10,
        exclude_seen="auto",
        n_jobs=None,
        random_state=None,
    ):
        self.estimators = estimators
        self.combine = combine
        self.weights = weights
        self.validation_fraction = validation_fraction
        self.refit = refit
        self.rank_offset = rank_offset
        self.top_k = top_k
        self.exclude_seen = exclude_seen
        self.n_jobs = n_jobs
        self.random_state = random_state

    # ------------------------------------------------------------------ parameters
    def get_params(self, deep=True):
        """Return the parameters.

        Parameters
        ----------
        deep : bool, default=True
            With the recommenders by name, and their parameters as ``name__parameter``.

        Returns
        -------
        params : dict of str to object
            Values by name.
        """
        return self._get_params("estimators", deep=deep)

    def set_params(self, **params):
        """Set parameters.

        Parameters
        ----------
        **params : object
            Values by name; ``name`` replaces a recommender ("drop" leaves it out),
            ``name__parameter`` sets one of its parameters.

        Returns
        -------
        self : VotingRecommender
            The estimator itself.
        """
        return self._set_params("estimators", **params)

    @property
    def named_estimators_(self):
        """The fitted members by name."""
        return Bunch(**dict(zip(self._names, self.estimators_, strict=True)))

    # ------------------------------------------------------------------ learning
    @available_if(_has_partial_fit)
    def partial_fit(self, X, y=None):
        """Hand further sequences of the same catalogue on to `partial_fit` of all.

        The first call learns the weights as `fit` does, with `partial_fit` in the place
        of the members' `fit`. They stay, as does whether seen items leave the ranking.

        Parameters
        ----------
        X : Sequences or list of lists of item ids
            Further histories, none of which was learned before.
        y : array-like of shape (n_rows,) or None, default=None
            Item id that follows each row. None: every event of a row but its first is
            learned from the events before it.

        Returns
        -------
        self : VotingRecommender
            The fitted recommender.

        Raises
        ------
        UnknownItemsError
            If an event or target is not in the catalogue of the first call.
        """
        validate_parameters(self)
        sequences, targets = self._check_fit(X, y)
        if not hasattr(self, "estimators_"):
            self._set_catalogue(sequences)
            self._learn(sequences, targets, "partial_fit")
            return self
        sequences, targets = self._recode(sequences, targets)
        members = [copy.copy(member) for member in self.estimators_]
        self.estimators_ = self._teach(members, sequences, targets, "partial_fit")
        self.item_counts_ = self.item_counts_ + count_items(sequences)
        return self

    def _check_fit(self, X, y):
        check_members(self)  # everything cheap comes before the first fit
        if not isinstance(self.weights, str):
            check_weights(self)
        return super()._check_fit(X, y)

    def _fit(self, sequences, targets):
        self._learn(sequences, targets, "fit")

    def _learn(self, sequences, targets, method):
        """Fit clones of the recommenders by a method of theirs, and set the weights."""
        for name in ("estimators_", "validation_scores_", "validation_score_"):
            self.__dict__.pop(name, None)  # a fit that goes wrong leaves no old answers
        rng = check_random_state(self.random_state)
        members = check_members(self)
        self._names = [name for name, _ in members]
        fresh = [seeded_clone(member, rng) for _, member in members]
        learns = isinstance(self.weights, str) and len(fresh) > 1
        if learns:
            held = hold_out_rows(sequences, targets, self.validation_fraction, rng)
            taught = [clone(member) for member in fresh]
            taught = self._teach(taught, held.learned, held.targets, method)
            self._learn_weights(taught, held.histories, held.codes)
        elif isinstance(self.weights, str):
            self.weights_ = np.ones(1)
        else:
            self.weights_ = check_weights(self)
        if not learns or self.refit:
            taught = self._teach(fresh, sequences, targets, method)
        self.estimators_ = taught

    def _teach(self, members, sequences, targets, method):
        y = None if targets is None else sequences.vocabulary.decode(targets)
        return Parallel(n_jobs=self.n_jobs)(
            delayed(_teach_one)(member, method, sequences, y) for member in members
        )

    def _learn_weights(self, members, histories, codes):
        cast = [partial(self._cast, member) for member in members]
        rivals = RivalVotes(cast, histories, codes, self.exclude_seen_)
        self.weights_ = search_weights(rivals)
        alone = np.eye(len(members))
        self.validation_scores_ = {
            name: float(rivals.ndcg(weights).mean())
            for name, weights in zip(self._names, alone, strict=True)
        }
        self.validation_score_ = float(rivals.ndcg(self.weights_).mean())

    # ------------------------------------------------------------------ answers
    def _cast(self, member, sequences):
        return cast_votes(member, sequences, self.combine, self.rank_offset)

    def _score_rows(self, block):
        votes = np.zeros((len(block), self.n_items_))
        for weight, member in zip(self.weights_, self.estimators_, strict=True):
            if weight:
                votes += weight * self._cast(member, block)
        return votes

    def _best_codes(self, sequences, k, *, exclude_seen, allowed=None):
        options = {"exclude_seen": exclude_seen, "allowed": allowed}
        if len(sequences) < 2 or not self._is_rounded:
            return super()._best_codes(sequences, k, **options)
        wide = min(k + 1, self.n_items_)
        codes, scores = super()._best_codes(sequences, wide, **options)
        is_item = codes[:, 1:] > 0  # one that has left the ranking is no rival
        is_close = is_item & (scores[:, :-1] <= scores[:, 1:] + _CLOSE)
        # A rounding that depends on the batch must not decide: alone, always alike.
        for row in np.flatnonzero(is_close.any(axis=1)):
            found = super()._best_codes(sequences[[row]], wide, **options)
            codes[row], scores[row] = found[0][0], found[1][0]
        return codes[:, :k], scores[:, :k]

    @property
    def _gives_logits(self):
        return self.combine == "scores"

    @property
    def _is_rounded(self):
        """Whether scores come from a network, whose rounding depends on the batch."""
        return self.combine == "scores" and any(
            isinstance(member, NetworkRecommender)
            or getattr(member, "_is_rounded", False)
            for member in self.estimators_
        )

    def __sklearn_is_fitted__(self):
        return hasattr(self, "estimators_")


def _teach_one(member, method, sequences, y):
    return getattr(member, method)(sequences, y)
