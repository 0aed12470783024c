"""The code of the README on every real data set that lies beside the repository."""

import pathlib

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from seqrec import (
    AttentionSequenceRecommender,
    LeaveLastOut,
    SequenceEncoder,
    ranking_scorer,
    recommend,
)

DATA = pathlib.Path(__file__).parents[2] / "shared" / "data"
EPOCHS = {  # the default where that takes minutes, fewer on the larger sets
    "movietweetings-5core": 15,
    "ml-100k": 15,
    "beauty": 15,
    "foursquare-nyc": 2,
    "online-retail": 1,
    "ml-1m": 1,
    "diginetica": 1,
}


@pytest.mark.real_data
@pytest.mark.filterwarnings("ignore::seqrec.exceptions.DataWarning")
@pytest.mark.parametrize("name", EPOCHS)
def test_readme_code_runs_on_real_data(name):
    path = DATA / name / "events.parquet"
    if not path.exists():
        pytest.skip(f"{name} is not beside the repository")
    pd = pytest.importorskip("pandas")
    events = pd.read_parquet(path)
    model = make_pipeline(
        SequenceEncoder(),
        AttentionSequenceRecommender(
            encoder="lstm",
            attention="multihead",
            n_heads=2,
            hidden_units=64,
            max_epochs=EPOCHS[name],
            random_state=0,
        ),
    )
    model.fit(events)
    n_users = events["user_id"].nunique()
    assert model.predict(events).shape == (n_users, 10)
    table = recommend(model, events, k=10)
    assert list(table.columns) == ["user_id", "rank", "item_id", "score"]
    assert len(table) == 10 * n_users
    search = GridSearchCV(
        model,
        {
            "attentionsequencerecommender__n_heads": [1, 2, 4],
            "attentionsequencerecommender__hidden_units": [64, 128],
        },
        cv=LeaveLastOut(),
        scoring=ranking_scorer("ndcg@10"),
        n_jobs=2,
    ).fit(events)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
