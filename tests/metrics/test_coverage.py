import pytest

from seqrec.metrics import catalogue_coverage


@pytest.mark.parametrize(
    ("rankings", "k", "expected"),
    [
        pytest.param([[1, 2, 3], [1, 2, 3]], 2, 2 / 5, id="same-for-all"),
        pytest.param([[1, 2, 3], [4, 5, 3]], 2, 4 / 5, id="below-k-is-not-shown"),
        pytest.param([[1, 2, 3], [4, 5, 3]], 9, 1.0, id="k-beyond-the-ranking"),
        pytest.param([[1, 0, 0], [0, 0, 0]], 3, 1 / 5, id="empty-slots"),
        pytest.param([[0, 0]], 2, 0.0, id="nothing"),
        pytest.param([[], []], 2, 0.0, id="no-places"),
    ],
)
def test_coverage_by_hand(rankings, k, expected):
    assert catalogue_coverage(rankings, k=k, n_items=5) == expected


def test_one_more_row_never_lowers_coverage():
    rankings = [[1, 2], [2, 3], [1, 3], [5, 4]]
    values = [catalogue_coverage(rankings[:n], k=2, n_items=6) for n in range(1, 5)]
    assert values == [2 / 6, 3 / 6, 3 / 6, 5 / 6]


@pytest.mark.parametrize(
    ("n_items", "error", "message"),
    [
        (
            3,
            ValueError,
            "rankings has 2 codes above n_items, which is 3, among",
        ),
        (0, ValueError, r"'n_items' parameter of catalogue_coverage must be an int in"),
        (9.0, TypeError, r"'n_items' parameter of catalogue_coverage.*Got 9\.0"),
    ],
)
def test_errors_say_what_was_wrong_and_what_was_seen(n_items, error, message):
    with pytest.raises(error, match=message):
        catalogue_coverage([[1, 4], [4, 2]], k=2, n_items=n_items)
