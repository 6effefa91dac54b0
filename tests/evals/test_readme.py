"""README's figures are those of the shipped logs, and the report is rebuilt from them."""

from pathlib import Path

import pytest

from mechmentor.evals.readme import BEGIN, END, replaced, shipped, table

pytest.importorskip("inspect_ai")
README = Path(__file__).resolve().parents[2] / "README.md"


def test_readme_and_the_shipped_logs_agree() -> None:
    text = README.read_text(encoding="utf-8")
    assert replaced(text, table(shipped() / "logs")) == text


def test_the_report_is_rebuilt_from_the_shipped_logs(tmp_path: Path) -> None:
    from mechmentor.app.cli.main import run

    page = tmp_path / "report.html"
    assert run(["eval", "report", str(shipped()), "--out", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "Learner and writer" in text
    assert "not run" in text  # no language model was asked for these logs
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "| quotes | check |" in page.with_suffix(".md").read_text(encoding="utf-8")


def test_figures_replace_what_stands_between_the_marks() -> None:
    assert replaced(f"a\n{BEGIN}\nold\n{END}\nb", "new") == f"a\n{BEGIN}\nnew\n{END}\nb"
    with pytest.raises(ValueError, match="missing"):
        replaced("no marks", "new")
