"""The ledger of the test split: who changes a line, or tunes and scores again, shows."""

from pathlib import Path

import pytest

from mechmentor.evals import ledger

SCORED = {
    "case": "m-000000",
    "driver": "playbook",
    "access": "base",
    "kind": "organism",
    "family": "persona",
    "status": "claimed",
    "verdict": "hit",
    "confidence": 0.8,
}


def test_lines_are_chained_and_a_changed_one_is_named(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    for verdict in ("miss", "hit", "hit"):
        ledger.append(file, **{**SCORED, "verdict": verdict})
    assert [e.verdict for e in ledger.entries(file)] == ["miss", "hit", "hit"]
    file.write_text(file.read_text().replace('"miss"', '"hit"'))
    with pytest.raises(ValueError, match="line 2"):
        ledger.entries(file)


def test_a_line_taken_out_shows(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    for verdict in ("miss", "hit"):
        ledger.append(file, **{**SCORED, "verdict": verdict})
    file.write_text(file.read_text().splitlines(keepends=True)[1])
    with pytest.raises(ValueError, match="line 1"):
        ledger.entries(file)


def test_only_the_first_scoring_of_a_hash_counts(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    for verdict in ("miss", "hit"):
        ledger.append(file, **{**SCORED, "verdict": verdict})
    ledger.append(file, **{**SCORED, "driver": "always_none"})
    counted = ledger.first(ledger.entries(file))
    assert [(e.driver, e.verdict) for e in counted] == [
        ("playbook", "miss"),
        ("always_none", "hit"),
    ]


def test_the_hash_follows_tools_prompts_and_word_lists(tmp_path: Path) -> None:
    for name in ("tools/a.py", "tools/diff/words.txt", "agent/b.py", "prompts/c.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    seen = {ledger.frozen(tmp_path)}
    for name in ("tools/a.py", "tools/diff/words.txt", "agent/b.py", "prompts/c.md"):
        (tmp_path / name).write_text("y")
        seen.add(ledger.frozen(tmp_path))
    (tmp_path / "tools" / "study").mkdir()
    (tmp_path / "tools" / "study" / "cards.py").write_text("not frozen")
    assert len(seen) == 5
    assert ledger.frozen(tmp_path) in seen


def test_the_committed_ledger_is_whole() -> None:
    assert all(entry.verdict for entry in ledger.entries())
