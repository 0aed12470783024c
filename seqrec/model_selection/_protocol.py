"""The protocol of an evaluation: what a split leaks, and the card of a report."""

import sys
from importlib.metadata import version

import numpy as np

from seqrec._validation.warn import warn_caller
from seqrec.exceptions import DataWarning
from seqrec.model_selection._audit_split import audit_split
from seqrec.model_selection._protocol_card import ProtocolCard

__all__ = ["audit_parts", "make_card"]

_FEW = 30  # tested users
_VERDICTS = ("sound", "caution", "leak")
_VERSIONED = ("seqrec", "numpy", "scikit-learn", "torch")


def audit_parts(parts, events, log, columns):
    """Return the audit of each part; warn of a leak.

    Parameters
    ----------
    parts : list of Part
        Folds of the log.
    events : table
        The log as the caller has it.
    log : EventLog
        The same, in user and time order.
    columns : dict of str to str
        ``"user"``, ``"item"``, ``"time"`` and ``"time_unit"``.
    """
    audits = []
    for part in parts:
        _, tested = next(part.rounds())  # further targets of a user have its history
        rows = log.table_rows(part.train), log.table_rows(tested)
        audits.append(audit_split(events, *rows, **columns))
    leaks = [audit for audit in audits if audit.verdict == "leak"]
    if leaks:
        warn_caller(
            f"The split leaks in {len(leaks)} of {len(audits)} folds, so the figures "
            f"say nothing. {leaks[0].findings[0]}",
            DataWarning,
        )
    return audits


def make_card(splitter, log, parts, *, audits, runs, asked, targets, resampling):
    """Return the `ProtocolCard` of an evaluation.

    Parameters
    ----------
    splitter : cross-validator
        What made the parts.
    log : EventLog
        The whole log.
    parts : list of Part
        Its folds.
    audits : list of SplitAudit
        One of each part.
    runs : list of Run
        What each model made of the targets.
    asked : MetricSet
        What was measured.
    targets : dict
        As `describe_targets` returns it.
    resampling : Resampling
        How the users are drawn anew.
    """
    later, tied = _time_shares(log, parts)
    cold_items = float((targets["n_learned"] == 0).mean())
    notes = [note for run in runs for note in run.notes]
    for number, audit in enumerate(audits, start=1):
        where = f"fold {number}: " if len(audits) > 1 else ""
        notes += [f"{where}{finding}" for finding in audit.findings]
    n_tested = len(np.unique(targets["user"]))
    if n_tested < _FEW:
        notes.append(
            f"{n_tested} users are tested, which is too few for intervals to be more "
            f"than a guess: test more, by a longer window or more folds."
        )
    return ProtocolCard(
        split=" ".join(repr(splitter).split()),
        folds=tuple(
            {
                "n_train": len(part.train),
                "n_users": len(np.unique(part.users)),
                "n_targets": len(part.targets),
                "train_end": part.train_end,
                "cut": part.cut,
                "end": part.end,
            }
            for part in parts
        ),
        n_events=len(log),
        n_users=len(log.users),
        n_items=len(log.item_ids),
        n_tested=n_tested,
        n_targets=len(targets["user"]),
        candidates={run.name: run.candidates for run in runs},
        ties=asked.ties,
        propensity=asked.propensity,
        later=later,
        tied=tied,
        cold_items=cold_items,
        cold_users=float((~targets["is_warm_user"]).mean()),
        baselines=tuple(run.name for run in runs if run.is_baseline),
        n_resamples=resampling.n_resamples,
        confidence=resampling.confidence,
        seed=resampling.random_state,
        versions=_versions(),
        verdict=max((audit.verdict for audit in audits), key=_VERDICTS.index),
        findings=tuple(notes),
    )


def _time_shares(log, parts):
    """Return the shares of targets older than what was learned, and tied in time."""
    if log.times is None:
        return None, None
    later, tied, n = 0, 0, 0
    for part in parts:
        times = log.times[part.targets]
        later += int((times < log.times[part.train].max()).sum())
        tied += int((times == log.times[part.targets - 1]).sum())
        n += len(times)
    return later / n, tied / n


def _versions():
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    return found | {name: version(name) for name in _VERSIONED}
