"""
Can a day of traffic be forecast from a week with holes?
========================================================

A road near Minneapolis counts its cars, and in more than a fifth of the hours it did
not. What becomes of the holes, and is a forecast of the next 24 hours better than the
same hours of last week?
"""

# %%
# The series
# ----------
# Almost six years, an hour a step. The counter was silent for ten months in one piece.

import matplotlib.pyplot as plt
import numpy as np

from seqrec.datasets import load_metro_traffic

series = load_metro_traffic(frame="pandas").series
value = series["value"].to_numpy()
time = series["timestamp"].to_numpy().astype("datetime64[s]")
missing = np.isnan(value)

fig, (whole, week) = plt.subplots(2, 1, figsize=(7, 4.6), layout="constrained")
days = len(value) // 24
share = missing[: days * 24].reshape(days, 24).mean(axis=1)
whole.fill_between(time[: days * 24 : 24], 100 * share, step="post", color="tab:red")
whole.set(ylabel="hours missing, %", ylim=(0, 100), title="Holes, day by day")
part = slice(-24 * 38, -24 * 24)
week.plot(time[part], value[part], linewidth=1)
week.set(ylabel="cars an hour", title="Two weeks of it", ylim=(0, None))
week.xaxis.set_major_formatter(
    plt.matplotlib.dates.ConciseDateFormatter(week.xaxis.get_major_locator())
)

# %%
# Pasts and futures
# -----------------
# `make_windows` cuts a series into what was known and what came then: here the 168
# hours of a week and the 24 hours after, at midnight of each day. Two further channels
# say where in the week an hour is. The last 30 days are for testing; a window is
# learned from if its future ends before them, and if more than half of its past is
# there.

from seqrec import make_windows

hour_of_week = (series["timestamp"].to_numpy() // 3600 + 72) % 168
angle = 2 * np.pi * hour_of_week / 168
channels = np.column_stack([value, np.sin(angle), np.cos(angle)])
midnight = int(np.flatnonzero(hour_of_week % 24 == 0)[0])
recent = slice(midnight + 24 * 1005, None)  # from July 2015 on, to be quick
X, y, first = make_windows(channels[recent], length=168, horizon=24, stride=24)
X = X.copy()
cut = first[-30]
known = ~np.isnan(X[:, :, 0])
learn = (first + 24 <= cut) & (known.mean(axis=1) > 0.5) & ~np.isnan(y).all(axis=1)
test = first >= cut
print(f"{learn.sum()} windows to learn from, {test.sum()} to test")

# %%
# What goes into a hole
# ---------------------
# `SequenceImputer` learns from the windows that the model learns from, and fills a
# window from that window alone. Where single hours are missing, a line between the
# neighbours is hardly to be told from the truth. Here it is nine hours from the
# afternoon on: the mean knows nothing of the time of day, the last value stays where it
# was, and the line goes straight to midnight; none looks like the evenings beside it.

from numpy.lib.stride_tricks import sliding_window_view

from seqrec import SequenceImputer

holes = sliding_window_view(~known[:, 72:120], 8, axis=1).all(axis=2).any(axis=1)
example = int(np.flatnonzero(learn & holes & (known.sum(axis=1) >= 156))[-1])
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
hours = np.arange(168)
for strategy, style in (("mean", ":"), ("ffill", "--"), ("linear", "-.")):
    imputer = SequenceImputer(strategy).fit(X[learn, :, 0])
    filled = imputer.transform(X[[example], :, 0])[0]
    ax.plot(hours, filled, style, linewidth=1.8, label=strategy)
ax.plot(hours, X[example, :, 0], color="black", linewidth=1.6, label="counted")
ax.set(xlabel="hour of the window", ylabel="cars an hour", ylim=(0, None))
ax.set(xlim=(48, 144), xticks=np.arange(48, 145, 24))
_ = ax.legend(frameon=False, ncols=4, loc="upper center", bbox_to_anchor=(0.5, 1.14))

# %%
# Forecasts
# ---------
# One network gets the holes filled by a line. The other is told where they are, with
# ``missing="mask"``, which also leaves missing hours out of what it has to foresee.
# Both are measured on the counted hours of the last 30 days, beside the same hour last
# week.

from seqrec import AttentionSequenceRegressor

filled = X.copy()
imputer = SequenceImputer("linear").fit(X[learn, :, 0])
filled[:, :, 0] = imputer.transform(X[:, :, 0])
model = AttentionSequenceRegressor(
    encoder="gru",
    loss="absolute_error",
    missing="mask",
    hidden_units=32,
    max_epochs=12,
    random_state=0,
)
forecasts = {"same hour last week": X[test, :24, 0]}
forecasts["network, holes filled"] = model.fit(filled[learn], y[learn]).predict(
    filled[test]
)
forecasts["network, holes marked"] = model.fit(X[learn], y[learn]).predict(X[test])
for name, forecast in forecasts.items():
    print(f"{name}: {np.nanmean(abs(forecast - y[test])):.0f} cars an hour off")

# %%
# Five of these days:

fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
shown = slice(-12, -7)
ax.plot(y[test][shown].ravel(), color="black", linewidth=1.6, label="counted")
for name, style in (("same hour last week", ":"), ("network, holes marked", "-")):
    ax.plot(forecasts[name][shown].ravel(), style, linewidth=1.4, label=name)
for day in range(1, 5):
    ax.axvline(24 * day, color="lightgray", linewidth=0.8)
ax.set(xlabel="hour", ylabel="cars an hour", xticks=24 * np.arange(6), ylim=(0, None))
_ = ax.legend(frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, 1.14))

# %%
# What attention looks at
# -----------------------
# The weights of a head sum to 1 over the 168 hours of a window. If it looked at all of
# them alike, each would have 1/168.

weights, _ = model.attention_weights(X[test])
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
for head, line in enumerate(weights.mean(axis=0), start=1):
    ax.plot(hours - 168, 168 * line, linewidth=1.2, label=f"head {head}")
ax.axhline(1, color="gray", linestyle="--", linewidth=0.8)
ax.set(xlabel="hours before the forecast", ylabel="weight, all alike = 1")
ax.set(xticks=np.arange(-168, 1, 24), ylim=(0, None))
_ = ax.legend(frameon=False)

# %%
# What was learnt
# ---------------
# Last week's same hour is hard to beat on a road, as most weeks are alike; a network
# that has seen three years of weeks does beat it. Attention weighs the last day and
# the same day a week ago most, and the hours of traffic more than those of the night.
# Marking the holes did as well as filling them, with nothing to choose and nothing
# made up; but these last 30 days have hardly a hole themselves. How the strategies
# compare over all six years, and beside a seasonal ARIMA model, is in
# :doc:`/user_guide/rows_of_numbers`.
