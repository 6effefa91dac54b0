"""The page of the correctness table; what it holds is checked in the tests of the sweep."""

from mechmentor.evals.bench.correctness import _PROMPTS, check, page, tiny
from mechmentor.evals.bench.sweeps import machine


def test_the_page_counts_what_is_not_equal():
    line = check(tiny("llama"), "resid_pre", _PROMPTS)
    text = page([line, {**line, "site": "z", "equal": False}], machine())
    assert "1 of 2 lines equal" in text
    assert "| tiny llama | resid_pre | 13 |" in text
    assert "NOT EQUAL" in next(row for row in text.splitlines() if "| z |" in row)
