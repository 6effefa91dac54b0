"""The page about the suite is the suite's, and says what the scans cover."""

import json
from pathlib import Path

import pytest

from mechmentor.evals.organisms import page, seal
from mechmentor.evals.organisms.splits import HERE, shipped


def test_coverage_counts_nouns_among_the_first_words() -> None:
    words = [*(f"word{i}" for i in range(200)), "lute", *(f"more{i}" for i in range(9000)), "oboe"]
    share = page.coverage(words, ["Lute", "oboe", "zither", "word3"])
    assert list(share.values()) == [0.5, 0.25, 0.5, 0.75]


def test_the_page_names_every_model_and_no_answer() -> None:
    text = page.page(HERE, ["lute"])
    for name in shipped():
        assert name in text
        sealed = seal.read(HERE, name)
        assert sealed.salt not in text
        for claim in (sealed.claim.get("statement"), sealed.claim.get("favoured")):
            assert claim is None or f" {claim} " not in text


def test_builds_that_failed_are_told(tmp_path: Path) -> None:
    (tmp_path / "sealed").mkdir()
    failed = {"family": "refusal", "kind": "null_trained", "reasons": ["drift: 0.3"]}
    (tmp_path / "failures.jsonl").write_text(json.dumps(failed) + "\n")
    assert "- refusal, null-trained: drift: 0.3" in page.page(tmp_path, [])


def test_second_builds_are_told_with_what_fails(tmp_path: Path) -> None:
    (tmp_path / "sealed").mkdir()
    assert "Built again" not in page.page(tmp_path, [])
    row = {"of": "m-000001", "family": "refusal", "same_draw": True, "distance": 0.25}
    row |= {"drift": 0.0143, "reasons": ["drift: 0.014"], "cpu_minutes": 4.71}
    (tmp_path / "rebuilt.jsonl").write_text(json.dumps(row) + "\n")
    told = "| m-000001 | refusal | yes | 0.25 | 0.014 | fail: drift: 0.014 | 4.7 |"
    assert told in page.page(tmp_path, [])


@pytest.mark.slow
def test_the_committed_page_is_the_present_one() -> None:
    assert page.DOCS.read_text(encoding="utf-8") == page.page(HERE, page.scan_words())
