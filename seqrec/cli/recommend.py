"""``seqrec recommend``: the next items for users of an event log."""

from pathlib import Path
from typing import Annotated

import typer

from seqrec.cli import _options as opt

_SHOWN = 10  # users on the screen


def recommend(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL",
            help="Model file that 'seqrec fit' wrote.",
            show_default=False,
        ),
    ],
    events: opt.Events,
    k: Annotated[int, typer.Option("-k", min=1, help="How many items a user.")] = 10,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--for",
            metavar="USER",
            help="Answer this user only; may be repeated.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write all to a .csv or .parquet file instead of the screen.",
            show_default=False,
        ),
    ] = None,
    seen: Annotated[
        bool | None,
        typer.Option(
            "--with-seen/--without-seen",
            help="Whether items a user already had may "
            "be recommended. Not given: as the model found out in fit.",
            show_default=False,
        ),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Who acts; by default as in fit.", show_default=False
        ),
    ] = None,
    item: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="What is acted on; by default as in fit.",
            show_default=False,
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="When; by default as in fit.", show_default=False
        ),
    ] = None,
    separator: opt.Separator = None,
    as_json: opt.Json = False,
    debug: opt.Debug = False,
) -> None:
    """Recommend the next items for the users of an event log, known to fit or not."""
    from seqrec.cli._tables import print_json, say
    from seqrec.datasets import read_events
    from seqrec.estimators import recommend as best_items
    from seqrec.persistence import load_model

    if output is not None:
        _check_output(output)
    fitted = load_model(model)
    encoder = _find_encoder(fitted, model)
    names = {
        encoder.user: user or encoder.user,
        encoder.item: item or encoder.item,
    }
    order = encoder.time if time is None else time or None
    log = read_events(
        events,
        user=names[encoder.user],
        item=names[encoder.item],
        time=order,
        separator=separator,
        frame="polars",
    )
    if order in log.columns and encoder.time is not None:
        names[encoder.time] = order
    log = log.rename({given: known for known, given in names.items()})
    if only:
        log = _keep_users(log, encoder.user, only, events)
    exclude_seen = None if seen is None else not seen
    table = best_items(fitted, log, k=k, exclude_seen=exclude_seen)
    if output is not None:
        _write(table, output)
        n_users = table[encoder.user].n_unique()
        say(f"Wrote {len(table):,} rows for {n_users:,} users to {output}.")
    elif as_json:
        print_json(_as_records(table, encoder))
    else:
        _show(table, encoder)


def _find_encoder(fitted, path):
    fitted = getattr(fitted, "best_estimator_", fitted)
    for _, step in getattr(fitted, "steps", ()):
        if hasattr(step, "vocabulary_") and hasattr(step, "user"):
            return step
    raise ValueError(
        f"The model in {str(path)!r} does not take an event log: it is no pipeline "
        f"with a SequenceEncoder. Use a model that 'seqrec fit' wrote."
    )


def _keep_users(log, column, only, path):
    from seqrec._validation.params import suggest

    known = {str(one): one for one in log[column].unique(maintain_order=True).to_list()}
    unknown = [name for name in only if name not in known]
    if unknown:
        hint = suggest(unknown[0], known)
        raise ValueError(
            f"Users not in {str(path)!r} (column {column!r}): "
            f"{', '.join(map(repr, unknown[:5]))}"
            f"{f' and {len(unknown) - 5} more' if len(unknown) > 5 else ''}.{hint} "
            f"A user unknown to the model is fine, but the file must hold at least one "
            f"event of theirs."
        )
    return log.filter(log[column].is_in([known[name] for name in only]))


def _check_output(path):
    from seqrec.persistence._joblib import check_target

    if path.suffix.lower() not in (".csv", ".parquet"):
        raise ValueError(
            f"File {str(path)!r} must end in .csv or .parquet. Got {path.suffix!r}; "
            f"for JSON use --json and send stdout to a file."
        )
    check_target(path)


def _write(table, path):
    if path.suffix.lower() == ".csv":
        table.write_csv(path)
    else:
        table.write_parquet(path)


def _as_records(table, encoder):
    names = (encoder.user, "rank", encoder.item, "score")
    rows = table.select(names).iter_rows()
    records: dict = {}
    for user, rank, item, score in rows:
        answer = records.setdefault(user, {"user": user, "items": []})
        answer["items"].append({"item": item, "rank": rank, "score": score})
    return list(records.values())


def _show(table, encoder):
    from seqrec.cli._tables import new_table, say

    records = _as_records(table, encoder)
    printed = new_table("Recommended next items, best first")
    printed.add_column(encoder.user)
    printed.add_column("rank", justify="right")
    printed.add_column(encoder.item)
    printed.add_column("score", justify="right")
    for record in records[:_SHOWN]:
        for place, one in enumerate(record["items"]):
            printed.add_row(
                "" if place else str(record["user"]),
                str(one["rank"]),
                str(one["item"]),
                f"{one['score']:.3f}",
                end_section=place == len(record["items"]) - 1,
            )
    say(printed)
    if len(records) > _SHOWN:
        say(
            f"{len(records) - _SHOWN:,} more users: write them with -o FILE, print "
            f"them with --json, or pick some with --for USER."
        )
