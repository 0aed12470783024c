import pytest

from seqrec.metrics import METRICS, parse_metric

LISTED = ", ".join(repr(name) for name in METRICS)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_a_name_with_and_without_cutoff(name):
    assert parse_metric(f"{name}@3") == (name, 3)
    assert parse_metric(name) == (name, 10)


@pytest.mark.parametrize(
    ("metric", "hint"),
    [
        ("ndgc@10", "Did you mean 'ndcg'?"),
        ("NDCG@10", "Did you mean 'ndcg'?"),
        ("hitrate", "Did you mean 'hit_rate'?"),
        ("recal@5", "Did you mean 'recall'?"),
    ],
)
def test_an_unknown_name_lists_the_names_and_the_closest(metric, hint):
    with pytest.raises(ValueError, match=f"^Metric '{metric}' is not known.") as caught:
        parse_metric(metric)
    assert LISTED in str(caught.value)
    assert str(caught.value).endswith(hint)


@pytest.mark.parametrize("metric", ["", "@10", "zzzzzzzz@10"])
def test_a_name_unlike_any_gets_the_list_and_no_guess(metric):
    with pytest.raises(ValueError, match="is not known") as caught:
        parse_metric(metric)
    assert LISTED in str(caught.value)
    assert "Did you mean" not in str(caught.value)


@pytest.mark.parametrize(
    "cutoff", ["", "0", "-1", "ten", "1.5", "1_0", " 10", "٣", "10@2", "10\n"]
)
def test_a_cutoff_that_is_no_whole_number_from_one_is_refused(cutoff):
    with pytest.raises(
        ValueError, match=r"must be an int in the range \[1, inf\)\."
    ) as caught:
        parse_metric(f"mrr@{cutoff}")
    assert f"Got {cutoff!r} instead. Write it as in 'mrr@10'." in str(caught.value)


@pytest.mark.parametrize("metric", [None, 10, ["ndcg@10"]])
def test_a_metric_that_is_no_str_is_a_type_error(metric):
    with pytest.raises(
        TypeError, match=r"A metric must be a str such as 'ndcg@10'\."
    ) as caught:
        parse_metric(metric)
    assert f"Got {metric!r} instead" in str(caught.value)
