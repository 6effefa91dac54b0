"""Reading: exact lines through includes, cells and tags; each bad input its word."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechmentor.tools.critique.document.model import DraftError
from mechmentor.tools.critique.document.read import read_draft, read_text
from mechmentor.tools.critique.document.tex_plain import tex_plain
from mechmentor.tools.critique.linter import lint

MAIN = r"""\documentclass{article}
\begin{document}
\section{Method}\label{sec:m}
We cite \cite{known} and \cite{lost}. % and \cite{comment}
\input{parts/results}
See Table~\ref{tab:a} and Figure~\ref{fig:none}.
\bibliography{refs}
\end{document}
"""
RESULTS = r"""
\begin{table}
\caption{Held-out accuracy.}\label{tab:a}
\begin{tabular}{lrr}
\toprule
Probe & Right & Accuracy (\%) \\
\midrule
Ridge & 45 & 75.0 \\
Mean  & 30 & 50.0 \\
\bottomrule
\end{tabular}
\end{table}

In Table~\ref{tab:a} the
ridge has an accuracy of 77.0\%.
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "parts").mkdir()
    (tmp_path / "main.tex").write_text(MAIN)
    (tmp_path / "parts" / "results.tex").write_text(RESULTS)
    (tmp_path / "refs.bib").write_text("@article{known, title={A long title here}, year={2020}}")
    return tmp_path


def test_latex_anchors_go_through_includes(project: Path) -> None:
    report = lint(read_draft(project))
    found = {
        (f.rule, Path(f.place.file).relative_to(project).as_posix(), f.place.line)
        for f in report.findings
    }
    assert ("undefined-citation", "main.tex", 4) in found
    assert ("missing-target", "main.tex", 6) in found
    assert ("text-table", "parts/results.tex", 15) in found
    assert not any("comment" in f.message for f in report.findings)


def test_an_endless_include_names_its_circle(project: Path) -> None:
    (project / "parts" / "results.tex").write_text(r"\input{main}")
    with pytest.raises(DraftError, match=r"endless include: main.tex → results.tex → main.tex"):
        read_draft(project / "main.tex")


def test_a_missing_include_is_a_finding(project: Path) -> None:
    (project / "parts" / "results.tex").unlink()
    assert any(
        f.rule == "missing-file" and f.place.line == 5 for f in lint(read_draft(project)).findings
    )


def test_a_notebook_keeps_the_lines_of_its_file(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "code", "source": ["x = 1\n", "print(x)"]},
        {
            "cell_type": "markdown",
            "source": ["# Results\n", "\n", "It is right on 45 of 60 prompts (85%)."],
        },
    ]
    file = tmp_path / "a.ipynb"
    file.write_text(json.dumps({"cells": cells}, indent=1))
    place = lint(read_draft(file)).findings[0].place
    assert "45 of 60" in file.read_text().splitlines()[place.line - 1]
    assert place.cell == 2


def test_html_keeps_lines_and_tables(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    file.write_text(
        "<html><body>\n<h1>Results</h1>\n<p>It is\nright on <b>45</b> of 60\nprompts (85%).</p>\n"
        "<table><tr><th>S</th><th>Prompts</th></tr>\n<tr><td>a</td><td>10</td></tr>\n"
        "<tr><td>b</td><td>20</td></tr>\n<tr><td>Total</td><td>40</td></tr></table></body></html>"
    )
    assert {(f.rule, f.place.line) for f in lint(read_draft(file)).findings} == {
        ("percent-count", 4),
        ("table-total", 9),
    }


def test_each_bad_input_has_its_word(tmp_path: Path) -> None:
    cases = {
        "empty.md": (b" \n", "is empty"),
        "picture.md": (b"\x89PNG\r\n", "PNG"),
        "word.md": (b"PK\x03\x04abc", "zip archive"),
        "binary.md": (b"ab\0cd", "binary"),
        "broken.pdf": (b"%PDF-1.4 nothing", "no readable PDF"),
        "broken.ipynb": (b"{", "no readable notebook"),
    }
    for name, (data, word) in cases.items():
        file = tmp_path / name
        file.write_bytes(data)
        with pytest.raises(DraftError, match=word):
            read_draft(file)
    with pytest.raises(DraftError, match="no file"):
        read_draft(tmp_path / "nowhere.md")


@given(st.text(alphabet="ab \\{}[]$%&~^_\n\"'`*|#<>!0.1()-", max_size=200))
def test_any_text_is_read_and_plain_text_keeps_its_lines(text: str) -> None:
    assert tex_plain(text).count("\n") == text.count("\n")
    document = read_text(text or "x")
    last = len(document.lines)
    assert all(1 <= b.line <= b.last_line <= last for b in document.blocks)
    lint(document)
