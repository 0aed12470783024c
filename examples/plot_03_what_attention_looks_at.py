"""
What does attention look at?
============================

The recommender's attention weighs every film of a history before it ranks the next one.
Which films get the weight: the latest, or some that stand out?
"""

# %%
# Fit
# ---
# A third of the embedded data and a few epochs are enough for a look inside.

from sklearn.pipeline import make_pipeline

from seqrec import AttentionSequenceRecommender, SequenceEncoder
from seqrec.datasets import load_movietweetings

data = load_movietweetings(frame="pandas")
events = data.events[data.events["user_id"] <= 1500]
encoder = SequenceEncoder()
recommender = AttentionSequenceRecommender(n_heads=2, max_epochs=8, random_state=0)
make_pipeline(encoder, recommender).fit(events)

# %%
# One person
# ----------
# `AttentionSequenceRecommender.attention_weights` gives, for each history and head, the
# weight of each event, as seen from after the last one; the weights of a head sum to 1.

import matplotlib.pyplot as plt

titles = data.item_features.set_index("item_id")["title"]
sequences = encoder.transform(events)
history = sequences[sequences.lengths == 12][[0]]
weights, _ = recommender.attention_weights(history)
names = [titles[item][:40] for item in history.to_lists()[0]]

fig, ax = plt.subplots(figsize=(5.6, 4.6), layout="constrained")
image = ax.imshow(weights[0].T, cmap="Blues", vmin=0, aspect="auto")
ax.set_xticks([0, 1], ["head 1", "head 2"])
ax.set_yticks(range(len(names)), names)
ax.set_title("A history, the latest film at the bottom")
_ = fig.colorbar(image, ax=ax, label="attention weight")

# %%
# Everybody
# ---------
# One person is an anecdote. Over all histories of 12 events or more, the mean weight of
# the last 12, counted from the end, says whether a head prefers the latest events. If
# it did not care, each would get the same share.

import numpy as np

long = sequences[sequences.lengths >= 12].last(12)
weights, _ = recommender.attention_weights(long)
share = weights.mean(axis=0)[:, ::-1]  # latest first

fig, ax = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
places = np.arange(1, 13)
for head, line in enumerate(share, start=1):
    ax.plot(places, line, marker="o", label=f"head {head}")
ax.axhline(1 / 12, color="gray", linestyle="--", label="all alike")
ax.set(xlabel="events from the end (1 is the latest)", ylabel="mean attention weight")
ax.set_ylim(0)
_ = ax.legend(frameon=False)

# %%
# Which films
# -----------
# If place says little, the film itself may say more. Its weight times the length of the
# history is 1 where it gets an equal share.

import pandas as pd

weights, mask = recommender.attention_weights(sequences)
ratio = (weights.mean(axis=1) * mask.sum(axis=1, keepdims=True))[mask]
films = pd.DataFrame(
    {
        "title": titles[np.concatenate(sequences.last(100).to_lists())].to_numpy(),
        "ratio": ratio,
    }
)
table = films.groupby("title")["ratio"].agg(["mean", "size"])
table = table[table["size"] >= 30].sort_values("mean")
pd.concat([table.head(5), table.tail(5)]).round(2)

# %%
# What was learnt
# ---------------
# No film takes the attention for itself: the weights of a head are nearly even, more so
# over everybody than for one person. The two heads lean to different ends of the
# history, and a few films get a quarter more or less than their share. So in this model
# attention adds a gently weighted summary of the whole history, and what just happened
# reaches the ranking through the encoder's state and the last film itself. A weight
# says what was mixed in, not why a film was recommended; do not read it as a reason.
