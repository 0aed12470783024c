"""
Better than counting, and for whom?
===================================

A mean over all users is one number. Is a difference between two of them more than
chance, does it hold for short and long histories, for popular and rare items, and does
it hold once the future is taken away?
"""

# %%
# A part of the embedded data, so that two fits of a network take less than a minute.

from seqrec.datasets import load_movietweetings

events = load_movietweetings(frame="pandas").events
events = events[events["user_id"] <= 1500]
len(events)

# %%
# One call
# --------
# `evaluate` fits every model on the training part, ranks every target among the whole
# catalogue, and brings baselines of its own. The report ends with the protocol.

from sklearn.pipeline import make_pipeline

from seqrec import AttentionSequenceRecommender, SequenceEncoder, evaluate

network = make_pipeline(
    SequenceEncoder(), AttentionSequenceRecommender(max_epochs=8, random_state=0)
)
report = evaluate({"network": network}, events)
print(report)

# %%
# More than chance?
# -----------------
# The dotted line is the best baseline. Intervals of two models may overlap and their
# difference still be sure, since both were tested on the same users: the column
# "difference" above is about that.

_ = report.plot()

# %%
# For whom?
# ---------
# The same means by how long a history is, and by how popular the target is: the head
# holds a third of all events, and so do the middle and the tail.

_ = report.plot("slices", slice_by="history length")

# %%

_ = report.plot("slices", slice_by="item popularity")

# %%
# At which price?
# ---------------
# Accuracy against novelty: the information in bits that a recommended item carries.
# Further right, lists hold less popular items.

_ = report.plot("novelty")

# %%
# And tomorrow?
# -------------
# Cut in time, no model knows what comes after. (A few users have a single event before
# the cut, which the network mentions.)

from seqrec import TemporalSplit

tomorrow = evaluate({"network": network}, events, split=TemporalSplit())
_ = tomorrow.plot()

# %%
# `audit_split` says the same of any pair of index arrays, without a model.

from seqrec import LeaveLastOut, audit_split

train, test = next(LeaveLastOut().split(events))
print(audit_split(events, train, test))

# %%
# What was learnt
# ---------------
# On the last films of 1,500 users the network is ahead of the best baseline by more
# than chance, for short histories and long ones. It owes that to popular targets and
# those of the middle; of the tail nobody finds much. Cut in time, the favourites of the
# last seven days beat every other model, the network by far: on such a log a claim
# about production needs that baseline. In eight epochs, on a third of the users, the
# network is not at its best; :doc:`the user guide </user_guide/judging>` has the
# comparison on all of them.
