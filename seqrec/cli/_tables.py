"""What commands print: tables for people, JSON for programs."""

import json

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["new_table", "print_json", "say", "score_table", "show_metric"]

_METRIC_NAMES = {"hit_rate": "hit rate", "map": "MAP", "mrr": "MRR", "ndcg": "NDCG"}


def show_metric(metric):
    """Return ``NDCG@10`` for ``ndcg@10``."""
    name, at, k = metric.partition("@")
    return f"{_METRIC_NAMES.get(name, name)}{at}{k}"


def print_json(payload):
    """Print JSON to stdout; ids that JSON does not have become text."""
    typer.echo(json.dumps(payload, indent=2, ensure_ascii=False, default=str))


def say(thing="", **kwargs):
    """Print a sentence or a table to stdout, without reading markup in it."""
    Console(highlight=False, markup=False).print(thing, **kwargs)


def new_table(title, caption=None):
    """Return an empty table in the style of all commands."""
    return Table(
        title=title,
        title_style="bold",
        title_justify="left",
        caption=caption,
        caption_style="dim",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
    )


def score_table(scores, metrics, *, title, caption=None):
    """Return the table of `Score` objects, best values in bold green."""
    table = new_table(title, caption)
    table.add_column("model")
    for metric in metrics:
        table.add_column(show_metric(metric), justify="right")
    table.add_column("fit seconds", justify="right")
    best = {metric: max(one.metrics[metric] for one in scores) for metric in metrics}
    for one in scores:
        cells = []
        for metric in metrics:
            value = one.metrics[metric]
            style = "bold green" if value == best[metric] else ""
            cells.append(Text(f"{value:.4f}", style))
        table.add_row(one.model, *cells, f"{one.fit_seconds:.2f}")
    return table
