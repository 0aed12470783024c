"""
Can a search stop poor networks early?
======================================

Many candidates of a search turn out poor, and look it after a few epochs. Does the
search find as good a network when these are not trained to the end, and how much time
does that save?
"""

# %%
# The end of every history
# ------------------------
# The last event of every user is put aside until the end of this page; the search sees
# the past alone. A tenth of the data, so that all fits take well under a minute.

from seqrec import LeaveLastOut
from seqrec.datasets import load_movietweetings

events = load_movietweetings(frame="pandas").events
events = events[events["user_id"] <= 500]

train, test = next(LeaveLastOut().split(events))
past = events.iloc[train]
len(past), len(events)

# %%
# The candidates
# --------------
# Optuna calls ``objective`` once a trial; what the trial suggests becomes a pipeline.
# With ``early_stopping=True`` the network holds out the last events of some users (here
# nine in ten), and ranks them after each epoch. The callback hands this number,
# "valid_ndcg", to the trial, and ends the fit where the pruner gives the trial up. A
# trial that is not given up is worth what its best epoch was, which the network keeps.

import optuna
from optuna_integration import SkorchPruningCallback
from sklearn.pipeline import make_pipeline

from seqrec import AttentionSequenceRecommender, SequenceEncoder

n_epochs = 8


def build(params, **others):
    network = AttentionSequenceRecommender(
        **params,
        **others,
        embedding_dim=64,
        batch_size=512,
        max_epochs=n_epochs,
        random_state=0,
    )
    return make_pipeline(SequenceEncoder(), network)


def objective(trial):
    params = {
        "lr": trial.suggest_float("lr", 1e-4, 0.3, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.8),
        "hidden_units": trial.suggest_categorical("hidden_units", [16, 32, 64]),
    }
    model = build(
        params,
        early_stopping=True,
        n_iter_no_change=n_epochs,  # the pruner alone decides who stops
        validation_fraction=0.9,
        callbacks=[SkorchPruningCallback(trial, monitor="valid_ndcg")],
    )
    model.fit(past)
    return max(model[-1].net_.history[:, "valid_ndcg"])


# %%
# Two studies
# -----------
# A random sampler with a seed proposes the same candidates to both studies. The first
# trains all of them to the end. The second stops a trial when its best epoch so far is
# below the median of what earlier trials had at that epoch. (Optuna's default sampler
# learns from the trials so far, and is the one to take where two studies need not
# propose the same.)

from time import process_time

optuna.logging.set_verbosity(optuna.logging.WARNING)
pruners = {
    "all to the end": optuna.pruners.NopPruner(),
    "pruned": optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1),
}
studies = {}
for name, pruner in pruners.items():
    sampler = optuna.samplers.RandomSampler(seed=0)
    study = optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner)
    start = process_time()
    study.optimize(objective, n_trials=10)
    seconds = process_time() - start
    studies[name] = study
    n_trained = sum(len(trial.intermediate_values) for trial in study.trials)
    best = study.best_trial.number
    print(f"{name:15} {n_trained} epochs in {seconds:.0f} CPU s, best is trial {best}")

# %%
# The picture
# -----------
# Solid lines are what the second study trained, crosses where it stopped a trial, and
# dotted lines how that trial went on in the first study.

import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for full, trial in zip(
    studies["all to the end"].trials, studies["pruned"].trials, strict=True
):
    is_pruned = trial.state == optuna.trial.TrialState.PRUNED
    color = "tab:red" if is_pruned else "tab:gray"
    if trial.number == best:
        color = "tab:blue"
    epochs = [epoch + 1 for epoch in full.intermediate_values]
    scores = list(full.intermediate_values.values())
    n = len(trial.intermediate_values)
    ax.plot(epochs[:n], scores[:n], color=color)
    if is_pruned:
        ax.plot(epochs[n - 1 :], scores[n - 1 :], ":", color=color, alpha=0.6)
        ax.plot(epochs[n - 1], scores[n - 1], "x", color=color, ms=8, mew=2)
for label, style in {
    "best that finished": {"color": "tab:blue"},
    "finished": {"color": "tab:gray"},
    "pruned": {"color": "tab:red", "marker": "x"},
    "as it would have gone on": {"color": "tab:red", "ls": ":"},
}.items():
    ax.plot([], [], label=label, **style)
ax.set(xlabel="epoch", ylabel="NDCG@10 of held-out events")
ax.set_title("Learning curves of ten trials")
ax.spines[["top", "right"]].set_visible(False)
_ = ax.legend(loc="lower right")

# %%
# The last events
# ---------------
# The best candidate learns from all of the past, now with nothing held out, and ranks
# the last events, which no choice has seen. Beside it, the floor.

from seqrec import SequentialRulesRecommender, ranking_scorer

scorer = ranking_scorer("ndcg@10")
for name, study in studies.items():
    model = build(study.best_params).fit(past)
    print(f"{name:17} {scorer(model, events.iloc[test]):.3f}")

floor = make_pipeline(SequenceEncoder(), SequentialRulesRecommender()).fit(past)
print(f"{'sequential rules':17} {scorer(floor, events.iloc[test]):.3f}")

# %%
# What was learnt
# ---------------
# The second study trained a third fewer epochs, and what it found is as good: the best
# candidates differ by less than some hundreds of held-out events can tell. Most of what
# was stopped had looked poor from the start. But the median is a strict rule: once good
# trials have ended, it also stops some that would have come level with the best. More
# ``n_warmup_steps``, or a ``PercentilePruner`` that stops the lowest quarter alone,
# spare such trials and save less. And early in a study there is nothing to compare
# with, so a poor trial, too, runs to the end.
#
# The last events say how far to trust all this: on so few users counting does about as
# well as the best network (:ref:`the first example
# <sphx_glr_auto_examples_plot_01_first_recommender.py>` has all users). What else to
# mind is in :doc:`/user_guide/searching`.
