"""
How many heads, how many hidden units?
======================================

Does it pay to give the attention more heads and the encoder more hidden units? A
recommender in a pipeline is searched like any other scikit-learn estimator.
"""

# %%
# A part of the embedded data, so that nine fits take well under a minute.

from seqrec.datasets import load_movietweetings

events = load_movietweetings(frame="pandas").events
events = events[events["user_id"] <= 800]
len(events)

# %%
# The search
# ----------
# `LeaveLastOut` holds out the last event of every user, and `ranking_scorer` looks
# where it is ranked among all films. The encoder is inside the pipeline, so its
# catalogue is learned from the training events alone. A fit uses one thread, hence
# ``n_jobs=2`` for two cores.

from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from seqrec import (
    AttentionSequenceRecommender,
    LeaveLastOut,
    SequenceEncoder,
    ranking_scorer,
)

model = Pipeline(
    [
        ("encode", SequenceEncoder()),
        ("recommend", AttentionSequenceRecommender(max_epochs=5, random_state=0)),
    ]
)
heads, units = [1, 2, 4], [16, 32, 64]
search = GridSearchCV(
    model,
    {"recommend__n_heads": heads, "recommend__hidden_units": units},
    cv=LeaveLastOut(),
    scoring=ranking_scorer("ndcg@10"),
    n_jobs=2,
).fit(events)
print(search.best_params_, f"{search.best_score_:.3f}")

# %%
# The floor
# ---------
# The same split and scorer for sequential rules, which only count.

from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from seqrec import SequentialRulesRecommender

floor = cross_val_score(
    make_pipeline(SequenceEncoder(), SequentialRulesRecommender()),
    events,
    cv=LeaveLastOut(),
    scoring=ranking_scorer("ndcg@10"),
)[0]

# %%
# The picture
# -----------
# ``cv_results_`` lists the grid with the last of the sorted parameter names moving
# fastest: hidden units in rows, heads in columns. A mean over so few users is known
# only within about a hundredth, so the colours span that much to either side; left
# alone, they would make a mountain of every third decimal.

import matplotlib.pyplot as plt

scores = search.cv_results_["mean_test_score"].reshape(len(units), len(heads))

fig, ax = plt.subplots(figsize=(4.6, 3.6), layout="constrained")
low, high = scores.mean() - 0.01, scores.mean() + 0.01
image = ax.imshow(scores, cmap="Blues", origin="lower", vmin=low, vmax=high)
for row in range(len(units)):
    for column in range(len(heads)):
        text = f"{scores[row, column]:.3f}"
        color = "white" if scores[row, column] > low + 0.013 else "black"
        ax.text(column, row, text, ha="center", va="center", color=color)
ax.set_xticks(range(len(heads)), heads)
ax.set_yticks(range(len(units)), units)
ax.set(xlabel="attention heads", ylabel="hidden units")
ax.set_title(f"NDCG@10 (sequential rules: {floor:.3f})")
_ = fig.colorbar(image, ax=ax)

# %%
# What was learnt
# ---------------
# A pipeline that ends in a recommender goes through ``GridSearchCV`` as it is, with a
# splitter and a scorer that know about sequences. On this small log and in five epochs
# the number of heads makes no difference. The narrowest encoder comes last, and even
# the best of the nine is not clearly above the floor; with all users and the default
# number of epochs it is (:ref:`the first example
# <sphx_glr_auto_examples_plot_01_first_recommender.py>`). So look at the whole grid and
# at the floor, not at ``best_params_`` alone, before paying for a larger network.
