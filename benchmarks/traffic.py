"""How well the next day of a road's traffic is forecast, hour by hour.

The series has one value an hour, and holes. At midnight before each of the last 60 days
the 24 hours of that day are forecast from all hours before; the mean absolute error is
over the observed hours of these days, the same ones for every row of the table::

    python benchmarks/traffic.py [SERIES] [--csv FILE]

SERIES is a Parquet file with ``timestamp`` (seconds) and ``value``, complete days at
its end; without it the series that ships with seqrec is read. What is chosen (the
order of the SARIMA, the network's parameters) is chosen on the 60 days before the last
60, and what is estimated is estimated on earlier hours than those forecast.
"""

import argparse
import csv
import functools
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from statsmodels.tsa.statespace.sarimax import SARIMAX

from seqrec import AttentionSequenceRegressor, SequenceImputer, make_windows
from seqrec.datasets import load_metro_traffic

DAY, WEEK = 24, 168  # hours
TEST_DAYS = 60
FIT_DAYS = 364  # SARIMA and its hour-of-week means learn from the last 52 weeks
SEEDS = [0, 1, 2]
NETWORK = {
    "encoder": "gru",
    "loss": "absolute_error",
    "dropout": 0.2,
    "missing": "mask",  # after imputation it is targets alone that can be missing
}
STRATEGIES = ["mean", "median", "constant", "ffill", "linear", "arima"]


class Sarima(NamedTuple):
    """An order, and whether the mean of each hour of the week is taken off first."""

    order: tuple
    seasonal_order: tuple
    weekly_means: bool

    def __str__(self):
        steps = "hour-of-week means + " if self.weekly_means else ""
        order = ",".join(map(str, self.order))
        return f"{steps}SARIMA({order})({','.join(map(str, self.seasonal_order))})"


CANDIDATES = [
    Sarima((1, 0, 1), (0, 1, 1, DAY), weekly_means=False),
    Sarima((1, 0, 1), (1, 0, 0, DAY), weekly_means=True),
    Sarima((2, 0, 1), (1, 0, 1, DAY), weekly_means=True),
]


def read_series(path):
    """Return the values of a gapless run of hours, NaN where missing, and its start."""
    if path is None:
        table = load_metro_traffic(frame="pandas").series
    else:
        table = pd.read_parquet(path, columns=["timestamp", "value"])
    if not (np.diff(table["timestamp"]) == 3600).all():
        raise SystemExit(f"{path} does not have a row for every hour.")
    return table["value"].to_numpy(dtype=np.float64), int(table["timestamp"].iloc[0])


def midnights(n_hours, n_days, *, before=0):
    """Return the first hours of `n_days` days that end `before` days before the end."""
    return n_hours - DAY * np.arange(n_days + before, before, -1)


def seasonal_naive(values, origins):
    """Forecast each hour with that of a week before, of two weeks if missing, ..."""
    forecasts = np.full((len(origins), DAY), np.nan)
    hours = origins[:, None] + np.arange(DAY)
    for weeks in range(1, hours.min() // WEEK + 1):
        holes = np.isnan(forecasts)
        if not holes.any():
            break
        forecasts[holes] = values[hours[holes] - weeks * WEEK]
    return forecasts


def sarima(values, origins, model):
    """Forecast with parameters of the hours before the first day, fed day by day."""
    begin = origins[0] - FIT_DAYS * DAY
    week_hour = np.arange(len(values)) % WEEK
    means = np.zeros(WEEK)
    if model.weekly_means:
        train = pd.Series(values[begin : origins[0]])
        means = train.groupby(week_hour[begin : origins[0]]).mean().to_numpy()
    rest = values - means[week_hour]
    scale = np.nanstd(rest[begin : origins[0]])
    fitted = SARIMAX(
        rest[begin : origins[0]] / scale,
        order=model.order,
        seasonal_order=model.seasonal_order,
    ).fit(disp=0, maxiter=60)
    forecasts = np.empty((len(origins), DAY))
    for day, origin in enumerate(origins):
        hours = slice(origin, origin + DAY)
        forecasts[day] = fitted.forecast(DAY) * scale + means[week_hour[hours]]
        fitted = fitted.extend(rest[hours] / scale)
    return forecasts


def calendar(n_hours, start):
    """Return where each hour is in its day and its week, as points on two circles."""
    hour = np.arange(n_hours) + start // 3600 + 72  # 1970 began on a Thursday
    angles = 2 * np.pi * np.stack([hour / DAY, hour / WEEK], axis=1)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


def network(values, origins, start, strategy, seed):
    """Forecast with a network that reads the last week's hours, and the calendar.

    It learns from a window a day that ends before the first forecast day, has less than
    half of its hours missing and some hour to learn after it. A strategy of
    `SequenceImputer` fills the hours of a window from that window alone, with what it
    learned from those windows; None leaves them to the network.
    """
    begin = (origins[0] - WEEK) % DAY  # so that targets start at midnight
    series = np.column_stack([values, calendar(len(values), start)])[begin:]
    X, y, first = make_windows(series, WEEK, DAY, stride=DAY)
    X, first = X.copy(), first + begin
    known = ~np.isnan(X[:, :, 0])
    train = (known.mean(axis=1) > 0.5) & ~np.isnan(y).all(axis=1)
    train &= first + DAY <= origins[0]
    test = np.isin(first, origins)
    if strategy is not None:
        imputer = SequenceImputer(
            strategy, order=(2, 0, 0), seasonal_order=(1, 0, 0, DAY)
        ).fit(X[train, :, 0])
        for rows in (train, test):
            X[rows, :, 0] = imputer.transform(X[rows, :, 0])
    model = AttentionSequenceRegressor(**NETWORK, random_state=seed)
    return model.fit(X[train], y[train]).predict(X[test])


def mean_absolute_error(values, origins, forecasts):
    """Return the error over the observed hours of the forecast days."""
    truth = values[origins[:, None] + np.arange(DAY)]
    return float(np.nanmean(np.abs(truth - forecasts)))


def choose_sarima(values):
    """Return the candidate with the least error on the 60 days before the test's."""
    origins = midnights(len(values), TEST_DAYS, before=TEST_DAYS)
    past = values[: origins[-1] + DAY]
    errors = []
    for model in CANDIDATES:
        start = time.perf_counter()
        found = mean_absolute_error(past, origins, sarima(past, origins, model))
        seconds = time.perf_counter() - start
        print(f"- {model}: MAE {found:.1f} on the 60 days before, {seconds:.0f} s")
        errors.append(found)
    return CANDIDATES[int(np.argmin(errors))]


def network_errors(values, origins, start, strategy):
    """Return the error for each seed."""
    return [
        mean_absolute_error(
            values, origins, network(values, origins, start, strategy, seed)
        )
        for seed in SEEDS
    ]


def main():
    """Print the table, and write it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("series", nargs="?", type=Path)
    parser.add_argument("--csv", type=Path)
    args = parser.parse_args()
    values, start = read_series(args.series)
    origins = midnights(len(values), TEST_DAYS)
    model = choose_sarima(values)
    rows = {
        "seasonal naive: same hour last week": lambda: [
            mean_absolute_error(values, origins, seasonal_naive(values, origins))
        ],
        str(model): lambda: [
            mean_absolute_error(values, origins, sarima(values, origins, model))
        ],
    }
    for strategy in (*STRATEGIES, None):
        name = "mask: holes left to the network" if strategy is None else strategy
        rows[f"network, {name}"] = functools.partial(
            network_errors, values, origins, start, strategy
        )
    header = ["forecast of the next 24 hours", "MAE, cars an hour", "spread", "CPU s"]
    print(f"\n| {' | '.join(header)} |\n| --- | --: | --: | --: |")
    table = []
    for name, errors in rows.items():
        begin = time.process_time()
        found = errors()
        seconds = (time.process_time() - begin) / len(found)
        spread = f"{np.std(found):.1f}" if len(found) > 1 else ""
        table.append([name, f"{np.mean(found):.1f}", spread, f"{seconds:.0f}"])
        print(f"| {' | '.join(table[-1])} |", flush=True)
    if args.csv is not None:
        with args.csv.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *table])


if __name__ == "__main__":
    main()
