"""The snippets of the user guide run and print what the pages say."""

import doctest
import pathlib

import pytest

GUIDE = pathlib.Path(__file__).parents[1] / "docs" / "user_guide"
PAGES = sorted(page for page in GUIDE.glob("*.rst") if ">>>" in page.read_text("utf-8"))


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_snippets_print_what_the_page_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some pages save a model
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    found = doctest.testfile(
        str(page), module_relative=False, optionflags=flags, encoding="utf-8"
    )
    assert found.attempted > 0
    assert found.failed == 0
