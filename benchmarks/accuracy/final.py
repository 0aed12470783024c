"""Test what was chosen: defaults, floors, votes, recipes; NDCG@10 on the test targets.

python benchmarks/accuracy/final.py [--data NAME ...] [--models NAME ...]
    [--seeds N] [--columns learned whole] [--keep FOLDER] [--out FILE]

Two columns: fitted without validation targets, as papers do ("learned"), and on
everything but the test targets, as a user would ("whole"). Votes take the weights that
rank the validation targets best. Every run is a line of JSON in FILE, and is not
repeated when it is there already; fitted models are kept in a folder, for votes.
"""

import argparse
import json
import time
import warnings
from functools import partial
from pathlib import Path

import joblib
import torch
from _protocol import LOGS, OTHER_LOGS, measure, read_log

from seqrec import (
    AttentionSequenceRecommender,
    ItemKNNRecommender,
    MarkovChainRecommender,
    PopularityRecommender,
    SequentialRulesRecommender,
    STANRecommender,
    VotingRecommender,
    VSKNNRecommender,
)
from seqrec.estimators._vote_weights import RivalVotes, search_weights
from seqrec.estimators._votes import cast_votes
from seqrec.recipes import RECIPES

RESULTS = Path(__file__).parent / "test.jsonl"
MODELS_KEPT = Path(__file__).parents[1] / "results" / "models"
COLUMNS = ("learned", "whole")
FLOORS = {
    "popularity": PopularityRecommender,
    "markov": MarkovChainRecommender,
    "item-knn": ItemKNNRecommender,
    "rules": SequentialRulesRecommender,
    "v-sknn": VSKNNRecommender,
    "stan": STANRecommender,
}
NETWORKS = {"defaults": {}, "GRU": {"encoder": "gru"}, **RECIPES}
VOTES = {
    "vote": ("defaults", "rules", "item-knn"),
    "vote of two networks": ("defaults", "GRU"),
}
MODELS = (*FLOORS, *NETWORKS, *VOTES)
_RIVALS = 5000  # validation targets that weights are learned on


class Runs:
    """The fits of one log: made once, kept, and measured once."""

    def __init__(self, name, folder, out):
        self.name = name
        self.log = read_log(name)
        self.folder = Path(folder)
        self.out = out
        self.cpu = {}

    def fitted(self, model, column, seed):
        """Return a fitted model, from the folder where it is there."""
        path = self.folder / f"{self.name}-{model}-{column}-{seed}.joblib"
        if path.is_file():
            found = joblib.load(path)
        else:
            found = self._make(model, column, seed)
            self.folder.mkdir(parents=True, exist_ok=True)
            joblib.dump(found, path)
        self.cpu[model, column, seed] = found[1]
        return found[0]

    def _make(self, model, column, seed):
        if model in VOTES:
            return self._vote(model, column, seed)
        data = getattr(self.log, column)
        if model in FLOORS:
            estimator = FLOORS[model]()
        else:
            estimator = AttentionSequenceRecommender(random_state=seed)
            estimator.set_params(**NETWORKS[model])
        start = time.process_time()
        estimator.fit(data)
        return estimator, round(time.process_time() - start, 1)

    def _vote(self, model, column, seed):
        """Weights from the models that know no validation target; then a vote."""
        members = VOTES[model]
        seeds = [seed if member in NETWORKS else 0 for member in members]
        pairs = list(zip(members, seeds, strict=True))
        weights, cpu = self._learn_weights(pairs)
        parts = [self.fitted(member, column, own) for member, own in pairs]
        vote = VotingRecommender(list(zip(members, parts, strict=True)))
        vote._set_catalogue(getattr(self.log, column))
        vote._names, vote.estimators_, vote.weights_ = list(members), parts, weights
        cpu += sum(self.cpu[member, column, own] for member, own in pairs)
        return vote, round(cpu, 1)

    def _learn_weights(self, pairs):
        judges = [self.fitted(member, "learned", seed) for member, seed in pairs]
        start = time.process_time()
        cast = [
            partial(cast_votes, judge, combine="scores", rank_offset=10.0)
            for judge in judges
        ]
        histories, targets = self.log.validation
        codes = judges[0].vocabulary_.encode(targets)
        kept = slice(None, None, max(1, len(codes) // _RIVALS))
        seen = judges[0].exclude_seen_
        rivals = RivalVotes(cast, histories[kept], codes[kept], seen)
        return search_weights(rivals), time.process_time() - start

    def run(self, model, column, seed):
        """Measure one model on the test targets and write a line."""
        fitted = self.fitted(model, column, seed)
        line = {
            "data": self.name,
            "model": model,
            "column": column,
            "seed": seed,
            "fit_cpu_s": self.cpu[model, column, seed],
            **measure(fitted, self.log.test),
        }
        if column == "learned":
            line["validation_ndcg"] = measure(fitted, self.log.validation)["ndcg"]
        if model in VOTES:
            line["weights"] = fitted.weights_.round(3).tolist()
        with self.out.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)


def known_runs(path):
    """Return (data, model, column, seed) of the runs in a file."""
    if not path.is_file():
        return set()
    lines = map(json.loads, path.read_text().splitlines())
    return {(x["data"], x["model"], x["column"], x["seed"]) for x in lines}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    logs = LOGS + OTHER_LOGS
    parser.add_argument("--data", nargs="+", default=logs, choices=logs)
    chosen = [*FLOORS, "defaults", "vote"]
    parser.add_argument("--models", nargs="+", default=chosen, choices=MODELS)
    parser.add_argument("--columns", nargs="+", default=COLUMNS, choices=COLUMNS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--keep", type=Path, default=MODELS_KEPT)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    for name in args.data:
        runs = None
        for seed in range(args.seeds):
            for model in args.models:
                for column in args.columns:
                    wanted = (name, model, column, seed)
                    is_same = model in FLOORS and seed > 0  # they draw nothing
                    if is_same or wanted in known_runs(args.out):
                        continue
                    runs = runs or Runs(name, args.keep, args.out)
                    runs.run(model, column, seed)


if __name__ == "__main__":
    main()
