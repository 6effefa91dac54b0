"""The page says what the ledger's first entry says, and nothing better."""

import json

from mechmentor.evals.critique.measure import (
    PAGE,
    _summary,
    entries,
    on_clean,
    page,
    shown,
    strict,
    unseen,
)
from mechmentor.evals.critique.planter.plant import KINDS
from mechmentor.evals.critique.score import Score


def test_the_page_shows_the_first_entry_of_the_ledger() -> None:
    text = PAGE.read_text(encoding="utf-8")
    first = entries()[0]
    found = Score.model_validate(first["score"])
    for rate in (found.checkable, found.recall, found.independent, found.precision):
        assert f"| {shown(rate)} |" in text
    for kind, rate in found.by_kind.items():
        [row] = [line for line in text.splitlines() if line.startswith(f"| {kind} |")]
        assert row.split(" | ")[3] == shown(rate)
    assert first["code"][:12] in text
    assert f"| of them by number and reference rules | 0 | {strict(found)} | " in text


def test_the_page_shows_what_new_documents_gave_before_any_rule_was_changed_for_them() -> None:
    text, rows = PAGE.read_text(encoding="utf-8"), unseen()
    assert [(row.code, row.score.checkable.hits) for row in rows] == [
        ("07945ec", 149), ("d7bdec4", 121), ("ee202ca", 143), ("d26f244", 140), ("3aea068", 176),
    ]  # fmt: skip
    assert sorted(row.date for row in rows) == [row.date for row in rows]
    last = " | ".join(shown(row.score.checkable) for row in rows)
    assert f"| {last} |\n" in text
    clean = " | ".join(on_clean(row.score) for row in rows)
    assert f"| {clean} |\n" in text
    assert "37 on 6, 33 major" in clean
    for kind in rows[0].score.by_kind:
        [line] = [line for line in text.splitlines() if line.startswith(f"| {kind} |")]
        found = " | ".join(shown(row.score.by_kind[kind]) for row in rows)
        assert line.endswith(f"| {found} |")
    assert all(row.note in text and f"`{row.code}`" in text for row in rows)


def test_later_scorings_change_nothing() -> None:
    ledger = entries()
    found = Score.model_validate(ledger[0]["score"])
    better = json.loads(json.dumps(ledger[0]))
    better["score"]["recall"]["hits"] += 1
    better["code"] = "0" * 64
    rows = [line for line in page(found, [ledger[0], better]).splitlines() if line[:1] == "|"]
    assert rows == [line for line in page(found, ledger[:1]).splitlines() if line[:1] == "|"]
    assert "no longer unseen" in page(found, [ledger[0], better])
    assert all(kind in page(found, ledger) for kind in KINDS)
    assert "not opened" in "\n".join(_summary(found, None, [], []))
