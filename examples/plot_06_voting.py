"""
Do a network and counting know more together?
=============================================

A network reads the order of a history, sequential rules count what soon followed what,
and item kNN counts what the same people watched. Each finds films that the others miss.
Does a vote of the three beat the best of them, and how much should each count?
"""

# %%
# Three members
# -------------
# A part of the embedded data. The last film of everybody stays out of this page, so
# that it can still judge what is chosen here; the last of what is left is the target.

from seqrec import LeaveLastOut
from seqrec.datasets import load_movietweetings

events = load_movietweetings(frame="pandas").events
events = events[events["user_id"] <= 1500]
events = events[events.groupby("user_id").cumcount(ascending=False) > 0]
train, test = next(LeaveLastOut().split(events))

# %%
# `VotingRecommender` takes names and recommenders, as scikit-learn's
# ``VotingClassifier`` does. It holds out the last film of a quarter of the people, fits
# the members on the rest, learns how much each should count, and fits again on all. By
# default a network holds such a vote with counts inside, its ``memory``; here it stands
# alone, so that what each member knows can be told apart.

from sklearn.pipeline import make_pipeline

from seqrec import (
    AttentionSequenceRecommender,
    ItemKNNRecommender,
    SequenceEncoder,
    SequentialRulesRecommender,
    VotingRecommender,
)

members = [
    ("network", AttentionSequenceRecommender(memory=None, max_epochs=8)),
    ("rules", SequentialRulesRecommender()),
    ("kNN", ItemKNNRecommender()),
]
model = make_pipeline(SequenceEncoder(), VotingRecommender(members, random_state=0))
model.fit(events.iloc[train])
vote = model[-1]
print(dict(zip(vote.named_estimators_, vote.weights_.round(2).tolist(), strict=True)))

# %%
# Other weights
# -------------
# ``weights_`` may be changed after ``fit``, so other votes of the same members cost no
# training: here the network gets from none to all of the weight and the two others
# share the rest. ``combine`` says what is added up: logarithms of probabilities or
# reciprocal ranks.

import numpy as np

from seqrec import ranking_scorer

scorer = ranking_scorer("ndcg@10")
learned = vote.weights_
score = scorer(model, events.iloc[test])

shares = np.linspace(0, 1, 11)
curves = {}
for combine in ("scores", "ranks"):
    vote.set_params(combine=combine)
    curves[combine] = []
    for share in shares:
        vote.weights_ = np.array([share, (1 - share) / 2, (1 - share) / 2])
        curves[combine].append(scorer(model, events.iloc[test]))
vote.set_params(combine="scores").weights_ = learned

# %%
# The picture
# -----------
# On so few people a standard error of each score is about 0.007. But all votes answer
# the same people, and the difference of two of them is known to about 0.003.

import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
for combine, color in (("scores", "tab:blue"), ("ranks", "tab:orange")):
    ax.plot(shares, curves[combine], color=color, marker=".", label=f"by {combine}")
ax.plot(learned[0], score, "k*", markersize=12, label="by scores, learned weights")
ax.set_xticks(
    [0, 0.25, 0.5, 0.75, 1], ["counting\nalone", 0.25, 0.5, 0.75, "network\nalone"]
)
ax.set(xlabel="share of the network in the vote", ylabel="NDCG@10 of the next film")
ax.spines[["top", "right"]].set_visible(False)
_ = ax.legend(frameon=False, loc="lower center")

# %%
# What was learnt
# ---------------
# From about a third for the network on, a vote ranks the next film a little higher than
# the network alone, and much higher than counting alone. The hill is flat: which of
# these weights it is hardly matters. Where counting has the larger part, adding scores
# is better than adding ranks, which do not tell how sure a member is. The learned
# weights end up on the hill, not on its top: a few hundred held-out films tell which
# member may not have much say, not the second decimal of a weight. That is what they
# are for: with ``weights=None`` a member that errs drags the others down, and when
# weights are learned it is left with next to none. The price is a second fit of the
# members, and answers that cost as much as those of all three.
