"""Broken drafts: the right rule, on the right lines, and silence on the clean twin."""

from pathlib import Path

import pytest

from mechmentor.tests.tools.critique.drafts import BROKEN, PROBE
from mechmentor.tools.critique.document.read import read_draft, read_text
from mechmentor.tools.critique.linter import lint
from mechmentor.tools.critique.settings import Settings


@pytest.mark.parametrize("name", BROKEN)
def test_a_planted_error_is_found_where_it_stands(name: str) -> None:
    old, new, rule = BROKEN[name]
    assert old in PROBE
    text = PROBE.replace(old, new, 1)
    line = text[: text.index(new)].count("\n") + 1
    found = lint(read_text(text)).findings
    assert any(f.rule == rule and abs(f.place.line - line) <= 1 for f in found), [
        (f.rule, f.place.line, f.message) for f in found
    ]


def test_switches_silence_with_a_reason_and_complain_without_one() -> None:
    wrong = "It is right on 45 of 60 prompts (85%).\n"
    with_reason = read_text(
        "<!-- critique: ignore percent-count: quoted from the paper -->\n" + wrong
    )
    report = lint(with_reason)
    assert report.findings == ()
    assert report.silenced[0].reason == "quoted from the paper"
    report = lint(read_text("<!-- critique: ignore percent-count -->\n" + wrong))
    assert {f.rule for f in report.findings} == {"percent-count", "switch"}
    report = lint(read_text("<!-- critique: ignore no-such-rule: why -->\n" + wrong))
    assert "no-such-rule" in " ".join(f.message for f in report.findings)


def test_a_stretch_can_be_silenced_and_ends() -> None:
    wrong = "It is right on 45 of 60 prompts (85%).\n\n"
    text = f"<!-- critique: off percent-count: an example -->\n\n{wrong}<!-- critique: on percent-count -->\n\n{wrong}"
    assert [f.place.line for f in lint(read_text(text)).findings] == [7]


def test_messages_name_files_from_the_folder_of_the_draft(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()

    (tmp_path / "main.tex").write_text(
        "\\documentclass{article}\n\\begin{document}\n\\begin{abstract}\nThe probe is right on 84.2\\% of the "
        "held-out prompts.\n\\end{abstract}\n\\input{parts/results}\n\\end{document}\n"
    )
    (tmp_path / "parts" / "results.tex").write_text(
        "\\section{Results}\nThe probe is right on 82.4\\% of the held-out prompts.\n"
    )
    document = read_draft(tmp_path / "main.tex")
    assert document.where(4) == "main.tex:4"
    assert document.where(7).startswith("parts/results.tex:")
    found = lint(document).findings
    assert [f for f in found if "parts/results.tex:" in f.message or "main.tex:" in f.message]
    (tmp_path / "works.bib").write_text("@article{roe, title = {Probes in depth}")
    (tmp_path / "main.md").write_text("---\nbibliography: works.bib\n---\n\nProbes [@roe].\n")
    broken = lint(read_draft(tmp_path / "main.md")).findings
    assert [f for f in broken if "works.bib, line 1" in f.message]
    assert not [f for f in (*found, *broken) if str(tmp_path) in f.message]


def test_settings_switch_rules_and_change_severities() -> None:
    draft = read_text("It is right on 45 of 60 prompts (85%).")
    assert not lint(draft, Settings(off=frozenset({"percent-count"}))).findings
    softer = lint(draft, Settings(severity={"percent-count": "note"}))
    assert softer.findings[0].severity == "note"
    assert not softer.fails("minor")


def test_a_second_run_says_fixed_open_new() -> None:
    first = lint(read_text("It is right on 45 of 60 prompts (85%).\n\nThe KL divergence is -0.3."))
    moved = "A new line.\n\nThe KL divergence is -0.3.\n\nThe effect was clear (p = 1.3)."
    second = lint(read_text(moved)).against(first)
    assert {f.rule: f.state for f in second.findings if "KL" in f.message} == {
        "impossible-value": "open"
    }
    assert [f.state for f in second.findings if "1.3" in f.message] == ["new"]
    assert [(f.rule, f.state) for f in second.fixed] == [("percent-count", "fixed")]
