"""ProtocolCard: how the figures of a report came about."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

__all__ = ["ProtocolCard"]


@dataclass(frozen=True)
class ProtocolCard:
    """How the figures of an `EvaluationReport` came about; ``print`` shows it.

    Attributes
    ----------
    split : str
        The splitter and its parameters.
    folds : tuple of dict
        Of each fold: ``"n_train"`` events learned from, ``"n_users"`` tested and
        ``"n_targets"``; ``"train_end"``, ``"cut"`` and ``"end"`` in seconds since 1970,
        None where the splitter has none.
    n_events, n_users, n_items : int
        Size of the whole log.
    n_tested : int
        Users that are tested in some fold.
    n_targets : int
        Targets of all folds.
    candidates : dict of str to str
        By model, what a target is ranked among.
    ties : str
        Place of a target among the other items with its score.
    propensity : str or None
        How targets are weighed; None weighs all the same.
    later : float or None
        Share of targets with a later event in what was learned from; None without
        times.
    tied : float or None
        Share of targets with the time of the event before them, so that the order of
        the rows decides which of the two is the target; None without times.
    cold_items, cold_users : float
        Share of targets whose item, or whose user, was not learned from.
    baselines : tuple of str
        Models that the others are compared with.
    n_resamples : int
        How often the users were drawn anew.
    confidence : float
        Of the intervals.
    seed : object
        `random_state` of the draws.
    versions : dict of str to str
        Of the packages at work.
    verdict : {"sound", "caution", "leak"}
        The worst that `audit_split` says of a fold.
    findings : tuple of str
        What a person should know before believing the figures, a sentence each.
    """

    split: str
    folds: tuple
    n_events: int
    n_users: int
    n_items: int
    n_tested: int
    n_targets: int
    candidates: dict
    ties: str
    propensity: str | None
    later: float | None
    tied: float | None
    cold_items: float
    cold_users: float
    baselines: tuple
    n_resamples: int
    confidence: float
    seed: object
    versions: dict = field(default_factory=dict)
    verdict: str = "sound"
    findings: tuple = ()

    def lines(self):
        """Return the card as pairs of a heading and a text.

        Returns
        -------
        lines : list of (str, str)
            In the order to show them.
        """
        shown = [
            ("split", f"{self.split}: {self.verdict}"),
            *(
                (f"fold {number}", _describe_fold(fold))
                for number, fold in enumerate(self.folds, start=1)
            ),
            (
                "log",
                f"{self.n_events:,} events, {self.n_users:,} users, "
                f"{self.n_items:,} items",
            ),
            ("tested", f"{self.n_targets:,} targets of {self.n_tested:,} users"),
            *self._candidate_lines(),
            ("ties", _TIES[self.ties]),
        ]
        if self.propensity is not None:
            shown.append(("weights", f"inverse {self.propensity} of the target's item"))
        if self.later is not None:
            shown.append(("later events learned from", f"{self.later:.1%} of targets"))
            shown.append(("targets tied in time", f"{self.tied:.1%}"))
        shown += [
            ("cold items", f"{self.cold_items:.1%} of targets, counted as misses"),
            ("cold users", f"{self.cold_users:.1%} of targets"),
            ("compared with", "; ".join(self.baselines) or "nothing"),
            ("intervals", self._describe_intervals()),
            ("versions", ", ".join(f"{k} {v}" for k, v in self.versions.items())),
        ]
        return shown + [("note", finding) for finding in self.findings]

    def __str__(self):
        width = max(len(name) for name, _ in self.lines())
        return "\n".join(f"{name:{width}}  {text}" for name, text in self.lines())

    def _candidate_lines(self):
        if len(set(self.candidates.values())) == 1:
            return [("candidates", next(iter(self.candidates.values())))]
        return [
            (f"candidates of {name}", text) for name, text in self.candidates.items()
        ]

    def _describe_intervals(self):
        if not self.n_resamples:
            return "none"
        return (
            f"{self.confidence:.0%}, users drawn anew {self.n_resamples:,} times, "
            f"random_state={self.seed!r}"
        )


_TIES = {
    "mean": "a target stands in the middle of the items with its score",
    "expected": "the mean of a metric over all orders of the items that tie",
    "optimistic": "a target stands before all items with its score",
    "pessimistic": "a target stands behind all items with its score",
}


def _describe_fold(fold):
    said = (
        f"{fold['n_train']:,} events learned from, {fold['n_targets']:,} targets of "
        f"{fold['n_users']:,} users"
    )
    if fold["cut"] is None:
        return said
    said += f"; targets from {_as_date(fold['cut'])}"
    if fold["end"] is not None:
        said += f" to {_as_date(fold['end'])}"
    if fold["train_end"] != fold["cut"]:
        said += f", learned up to {_as_date(fold['train_end'])}"
    return said


def _as_date(seconds):
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return f"{seconds:g} s"
    if moment.year < 1971:  # a made-up clock
        return f"{seconds:g} s"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
