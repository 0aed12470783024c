"""
Where does the time of a fit go?
================================

Two losses train the same network: one scores the whole catalogue for every event, the
other a few drawn items. What does either cost, and where? `profile_fit` says so before
a fit of an hour is started, and afterwards what it really took.
"""

# %%
# Before
# ------
# A made-up log of about 40,000 events and 4,000 items. The estimate comes from the log
# itself and from a second of training steps on a copy of the model.

from seqrec import AttentionSequenceRecommender, SequenceEncoder, profile_fit
from seqrec.datasets import make_event_log

events = make_event_log(2000, 4000, n_events_per_user=20, random_state=0)
sequences = SequenceEncoder().fit_transform(events)
models = {
    loss: AttentionSequenceRecommender(loss=loss, max_epochs=2, random_state=0)
    for loss in ("softmax", "sampled_softmax")
}
profiles = {
    loss: profile_fit(model, sequences, budget=1.0, fit=True)
    for loss, model in models.items()
}
print(profiles["softmax"])

# %%
# After
# -----
# With ``fit=True`` the models have been fitted as well. With 1,024 items drawn a batch,
# the loss takes a third of the time; the optimiser has rows to look up instead.

import matplotlib.pyplot as plt

parts = ["loss", "backward", "forward", "optimiser", "batches", "start"]
fig, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
for place, (loss, profile) in enumerate(profiles.items()):
    shift = 0.2 - 0.4 * place
    rows = [row - shift for row in range(len(parts))]
    ax.barh(rows, [profile.fit_seconds[part] for part in parts], 0.38, label=loss)
ax.set_yticks(range(len(parts)), parts)
ax.invert_yaxis()
ax.set_xlabel("seconds of the fit")
ax.set_title("Where the time went")
_ = ax.legend(title="loss")

# %%
# Was the estimate right?
# -----------------------

for loss, profile in profiles.items():
    measured = sum(profile.fit_seconds.values())
    print(f"{loss}: {profile.total_seconds:.1f} s foretold, {measured:.1f} s taken")

# %%
# What was learnt: over a catalogue of thousands, the full softmax is most of a fit, and
# a sample of items is the first thing to try; and the length of a fit can be known
# before it starts.
