"""Make the tables of the docs from the lines that study.py and final.py wrote.

python benchmarks/accuracy/table.py [--study FILE] [--test FILE] [--to FOLDER]
"""

import argparse
import json
from pathlib import Path

import pandas as pd
from _changes import CHANGES
from _protocol import LOGS, OTHER_LOGS
from final import MODELS

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs" / "user_guide"
_ALONE = "defaults, their network alone"
_COLUMNS = {"learned": "without validation event", "whole": "with it"}


def read_lines(path):
    """Return the lines of JSON of a file as a table."""
    return pd.DataFrame(map(json.loads, path.read_text().splitlines()))


def study_table(runs):
    """Return the validation NDCG@10 of each change (row) on each log (column)."""
    alone = runs[runs["change"] == "defaults"].dropna(subset="network_ndcg")
    alone = alone.assign(change=_ALONE, ndcg=alone["network_ndcg"])
    runs = pd.concat([runs, alone])
    mean = runs.groupby(["change", "data"])["ndcg"].mean().unstack()
    rows = [change for change in (_ALONE, *CHANGES) if change in mean.index]
    logs = [name for name in LOGS if name in mean.columns]
    shown = mean.loc[rows, logs].map(lambda x: "" if pd.isna(x) else f"{x:.4f}")
    return shown.rename_axis("change").reset_index()


def test_table(runs, published):
    """Return test figures: a row a log and model, ours and published."""
    rows = []
    for name in LOGS + OTHER_LOGS:
        for model in MODELS:
            found = runs[(runs["data"] == name) & (runs["model"] == model)]
            if len(found):
                rows.append({"data": name, "model": model, **_figures(found)})
        for line in published[published["data"] == name].itertuples():
            title = _COLUMNS[line.column]
            cells = {f"NDCG@10 {title}": f"{line.ndcg:.4f}", "from": line.source}
            if pd.notna(line.hit_rate):
                cells[f"hit rate {title}"] = f"{line.hit_rate:.4f}"
            rows.append({"data": name, "model": line.model, **cells})
    cells = pd.DataFrame(rows, dtype=object)
    return cells.where(cells.notna(), "")


def _figures(found):
    cells = {}
    for column, title in _COLUMNS.items():
        one = found[found["column"] == column]
        if len(one):
            cells[f"NDCG@10 {title}"] = _spread(one["ndcg"])
            cells[f"hit rate {title}"] = _spread(one["hit_rate"])
            cells["seeds"] = len(one)
            cells["CPU-s"] = f"{one['fit_cpu_s'].mean():.0f}"
    return cells


def _spread(values):
    mean = f"{values.mean():.4f}"
    return f"{mean} ± {values.std():.4f}" if len(values) > 1 else mean


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, default=HERE / "study.jsonl")
    parser.add_argument("--test", type=Path, default=HERE / "test.jsonl")
    parser.add_argument("--to", type=Path, default=DOCS)
    args = parser.parse_args()
    study = study_table(read_lines(args.study))
    study.to_csv(args.to / "accuracy_study.csv", index=False)
    published = pd.read_csv(HERE / "published.csv")
    test = test_table(read_lines(args.test), published)
    for name, rows in test.groupby("data"):
        rows = rows.drop(columns="data").loc[:, lambda x: (x != "").any()]
        rows.to_csv(args.to / f"accuracy_{name}.csv", index=False)


if __name__ == "__main__":
    main()
