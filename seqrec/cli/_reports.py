"""What ``seqrec evaluate`` prints of an `EvaluationReport`."""

import dataclasses

import numpy as np
from rich.text import Text

from seqrec.cli._models import NETWORK
from seqrec.cli._tables import new_table, say, show_metric

__all__ = ["print_margin", "print_report", "report_payload"]


def report_payload(report):
    """Return a report as what JSON can hold: models, best first, and the protocol."""
    found = report.summary
    models = []
    for row, name in enumerate(found.models):
        one = {"model": name, "fit_seconds": float(found.fit_seconds[row])}
        for place, metric in enumerate(found.metrics):
            one[metric] = _as_number(found.means[row, place])
            if metric in found.values:
                one[f"{metric} low"] = _as_number(found.low[row, place])
                one[f"{metric} high"] = _as_number(found.high[row, place])
                one[f"{metric} p"] = _as_number(found.p_values[row, place])
        models.append(one)
    card = dataclasses.asdict(report.protocol)
    return {"tested": report.protocol.n_tested, "models": models, "protocol": card}


def print_report(report, *, title):
    """Print the models with intervals, best values in bold green, and the protocol."""
    found = report.summary
    table = new_table(title)
    table.add_column("model")
    for metric in found.metrics:
        table.add_column(show_metric(metric), justify="right")
    table.add_column("fit seconds", justify="right")
    best = [
        np.nanmin(column) if lower else np.nanmax(column)
        for column, lower in zip(found.means.T, found.lower_is_better, strict=True)
    ]
    for row, name in enumerate(found.models):
        cells = []
        for place, top in enumerate(best):
            value, low, high = (
                part[row, place] for part in (found.means, found.low, found.high)
            )
            shown = "" if np.isnan(low) else f" ({low:.4f} to {high:.4f})"
            style = "bold green" if value == top else ""
            cells.append(Text.assemble((f"{value:.4f}", style), (shown, "dim")))
        table.add_row(name, *cells, f"{found.fit_seconds[row]:.2f}")
    say(table)
    say(Text(str(report.protocol), "dim"), soft_wrap=True)
    say()


def print_margin(report, ours):
    """Print how far a model is above or below the best baseline."""
    found = report.summary
    metric, reference = found.metrics[0], found.references[0]
    row, name = found.models.index(ours), show_metric(found.metrics[0])
    if reference is None:
        return
    own = found.means[row, 0]
    other = found.means[found.models.index(reference), 0]
    if not other:
        say(f"No baseline has a {name} above 0.")
        return
    whose = f"the {ours}" if ours == NETWORK else ours
    side = "above" if own >= other else "below"
    p_value = found.p_values[row, 0]
    surely = f" (p = {p_value:.3f})" if metric in found.values else ""
    say(
        f"{name} of {whose} is {abs(own / other - 1):.1%} {side} that of the best "
        f"baseline, {reference}{surely}."
    )


def _as_number(value):
    return None if np.isnan(value) else float(value)
