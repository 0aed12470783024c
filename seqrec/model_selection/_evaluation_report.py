"""EvaluationReport: what `evaluate` found, and under which protocol."""

from html import escape

import numpy as np

from seqrec._validation.params import check_option
from seqrec.data._frames import frame_like, take_rows
from seqrec.data.vocabulary import as_id_array
from seqrec.model_selection._report_plots import PLOTS, draw_report

__all__ = ["EvaluationReport"]

_SIGNIFICANT = 0.05


class EvaluationReport:
    """What `evaluate` found, and under which protocol; ``print`` shows both.

    Parameters
    ----------
    summary : Summary
        The figures as arrays, models in rows and metrics in columns.
    protocol : ProtocolCard
        Split, cut times, ties, candidates, counts, versions, and what speaks against
        believing the figures.
    events : pandas, polars or pyarrow table
        Tables are returned as the same kind.

    Attributes
    ----------
    summary : Summary
        As given.
    protocol : ProtocolCard
        As given.

    See Also
    --------
    evaluate : Makes it.

    Notes
    -----
    Stability: experimental.
    """

    def __init__(self, summary, protocol, events):
        self.summary = summary
        self.protocol = protocol
        self._like = take_rows(events, [])

    @property
    def models(self):
        """Names of the models, the best by the first metric first."""
        return self.summary.models

    @property
    def baselines(self):
        """Names of the baselines, in the same order."""
        return self.summary.baselines

    @property
    def metrics(self):
        """Names of the metrics."""
        return self.summary.metrics

    def to_frame(self):
        """Return a table with one row a model.

        Returns
        -------
        table : data frame
            Of the kind of the events. ``model``, ``is_baseline``; for each metric its
            mean under its name, and ``"<metric> low"``, ``"<metric> high"``,
            ``"<metric> difference"``, ``"<metric> difference low"``, ``"<metric>
            difference high"`` and ``"<metric> p"`` where the metric has them;
            ``n_effective`` where targets are weighed; ``fit_seconds``,
            ``predict_seconds`` and ``peak_memory`` in bytes. NaN where there is
            nothing to tell.
        """
        found = self.summary
        columns = {
            "model": as_id_array(list(found.models)),
            "is_baseline": np.array([one in found.baselines for one in found.models]),
        }
        for place, metric in enumerate(found.metrics):
            columns[metric] = found.means[:, place]
            if metric not in found.values:
                continue
            columns[f"{metric} low"] = found.low[:, place]
            columns[f"{metric} high"] = found.high[:, place]
            if found.references[place] is not None:
                columns[f"{metric} difference"] = found.differences[:, place]
                columns[f"{metric} difference low"] = found.difference_low[:, place]
                columns[f"{metric} difference high"] = found.difference_high[:, place]
                columns[f"{metric} p"] = found.p_values[:, place]
        if self.protocol.propensity is not None:
            columns["n_effective"] = found.n_effective
        for name in ("fit_seconds", "predict_seconds", "peak_memory"):
            columns[name] = getattr(found, name)
        return frame_like(self._like, columns)

    def slices(self):
        """Return a table with one row a slice, model and metric.

        Returns
        -------
        table : data frame
            Of the kind of the events: ``slice`` (``"history length"``, ``"item
            popularity"``, ``"user"``, and the groups), ``label``, ``model``,
            ``metric``, ``n_targets``, ``mean``, ``low`` and ``high``.
        """
        rows = self.summary.slices
        columns = {
            name: as_id_array([row[name] for row in rows])
            for name in ("slice", "label", "model", "metric")
        }
        columns["n_targets"] = np.array([row["n_targets"] for row in rows])
        for name in ("mean", "low", "high"):
            columns[name] = np.array([row[name] for row in rows])
        return frame_like(self._like, columns)

    def targets(self):
        """Return a table with one row a model and target, to slice as one likes.

        Returns
        -------
        table : data frame
            Of the kind of the events: ``model``, ``fold`` from 1, ``user_id``,
            ``item_id``, ``n_history`` events before the target, ``n_learned`` events of
            its item learned from, ``is_warm_user``, and the value of each metric that
            has one a target.
        """
        found = self.summary
        n_models, n_targets = len(found.models), len(found.targets["user"])
        columns = {"model": as_id_array(np.repeat(found.models, n_targets).tolist())}
        for name in (
            "fold", "user_id", "item_id", "n_history", "n_learned", "is_warm_user",
        ):  # fmt: skip
            columns[name] = np.tile(found.targets[name], n_models)
        for metric, values in found.values.items():
            columns[metric] = values.ravel()
        return frame_like(self._like, columns)

    def to_markdown(self):
        """Return the figures and the protocol card as Markdown.

        Returns
        -------
        text : str
            A table with one row a model, then the card as a list.
        """
        header, rows = self._cells()
        ruler = ["---"] + ["---:"] * (len(header) - 1)
        lines = [
            "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
            for row in (header, ruler, *rows)
        ]
        card = [f"- **{name}**: {text}" for name, text in self.protocol.lines()]
        return "\n".join([*lines, "", self._legend(), "", *card])

    def plot(self, kind="metric", *, metric=None, slice_by=None, ax=None):
        """Draw the report with matplotlib.

        Parameters
        ----------
        kind : {"metric", "slices", "novelty"}, default="metric"
            "metric": each model's mean with its interval; "slices": the same by slice;
            "novelty": accuracy against the novelty of what is recommended.
        metric : str or None
            Which of `metrics`; None is the first one.
        slice_by : str or None
            Which slicing, for "slices": ``"history length"``, ``"item popularity"``,
            ``"user"`` or a group; None is the first one.
        ax : matplotlib axes or None
            Where to draw; None makes a new figure.

        Returns
        -------
        ax : matplotlib axes
            What was drawn on.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If a name is not known, or the report has no novelty to draw.
        """
        check_option("kind", kind, PLOTS, owner="EvaluationReport.plot")
        metric = self.metrics[0] if metric is None else metric
        check_option("metric", metric, self.metrics, owner="EvaluationReport.plot")
        return draw_report(self.summary, kind, metric, slice_by, ax)

    def __repr__(self):
        return (
            f"EvaluationReport({len(self.models)} models, {self.protocol.n_targets:,} "
            f"targets of {self.protocol.n_tested:,} users)"
        )

    def __str__(self):
        header, rows = self._cells()
        widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width) if place == 0 else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in (header, *rows)
        ]
        return "\n".join([*lines, "", self._legend(), "", str(self.protocol)])

    def _repr_html_(self):
        header, rows = self._cells()
        head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in rows
        )
        card = "".join(
            f"<tr><td><b>{escape(name)}</b></td><td>{escape(text)}</td></tr>"
            for name, text in self.protocol.lines()
        )
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            f"<p>{escape(self._legend())}</p>"
            f"<details open><summary>Protocol</summary><table><tbody>{card}</tbody>"
            f"</table></details>"
        )

    def _cells(self):
        """Return the heading and the rows of the table, as text."""
        found = self.summary
        header = ["model", *found.metrics]
        reference = found.references[0]
        if reference is not None:
            header.append(f"difference in {found.metrics[0]}")
        header += ["fit s", "predict s", "peak MiB"]
        rows = []
        for row, name in enumerate(found.models):
            cells = [name]
            cells += [self._mean(row, place) for place in range(len(found.metrics))]
            if reference is not None:
                cells.append(self._difference(row))
            cells.append(f"{found.fit_seconds[row]:.2f}")
            cells.append(f"{found.predict_seconds[row]:.2f}")
            peak = found.peak_memory[row]
            cells.append("" if np.isnan(peak) else f"{peak / 2**20:,.0f}")
            rows.append(cells)
        return header, rows

    def _mean(self, row, place):
        found = self.summary
        mean, low = found.means[row, place], found.low[row, place]
        if np.isnan(mean):
            return ""
        shown = _number(mean)
        if np.isnan(low):
            return shown
        return f"{shown} [{_number(low)}, {_number(found.high[row, place])}]"

    def _difference(self, row):
        found = self.summary
        if found.models[row] == found.references[0]:
            return "best baseline"
        shown = f"{found.differences[row, 0]:+.4f}"
        p_value = found.p_values[row, 0]
        if np.isnan(p_value):
            return shown
        star = "*" if p_value < _SIGNIFICANT else ""
        return f"{shown}{star} (p = {p_value:.4f})"

    def _legend(self):
        found = self.summary
        said = []
        if not np.isnan(found.low).all():
            said.append(
                f"In brackets: {self.protocol.confidence:.0%} interval over users."
            )
        if found.references[0] is not None:
            said.append(
                f"Difference to {found.references[0]}, target by target; p corrected "
                f"for the number of models (Holm), * below {_SIGNIFICANT}."
            )
        lower = [
            metric
            for metric, is_lower in zip(
                found.metrics, found.lower_is_better, strict=True
            )
            if is_lower
        ]
        if lower:
            said.append(f"Lower is better: {', '.join(lower)}.")
        return " ".join(said)


def _number(value):
    return f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}"
