"""Where a cited line came from: right behind includes and page breaks, at lines that are known."""

from pathlib import Path

from mechmentor.tests.tools.study.contexts.test_hostile import pdf
from mechmentor.tools.study.contexts.document import Document
from mechmentor.tools.study.contexts.formats.latex import load_latex
from mechmentor.tools.study.contexts.formats.pdf import load_pdf
from mechmentor.tools.study.contexts.library import Library
from mechmentor.tools.study.quotes.check import check_reply
from mechmentor.tools.study.quotes.find import Source

MAIN = rb"""\documentclass{article}
\begin{document}
The first words of the main file.
% a remark
\input{part} The words behind the include, same line.
The words of the next line.
\include{other}
The words behind both includes.
\end{document}
"""
PART = b"Part one stands here now.\n\nPart two stands here now.\n"
OTHER = (
    b"% remark\n% remark\nThe other file begins here, truly.\n\\input{part}\nThe other file ends.\n"
)


def places(document: Document) -> dict[str, str]:
    return {line.strip(): document.where(n) for n, line in enumerate(document.lines, 1)}


def test_lines_behind_latex_includes() -> None:
    document = load_latex({"main.tex": MAIN, "part.tex": PART, "other.tex": OTHER}, "main.tex")
    found = places(document)
    assert found["The first words of the main file."] == "main.tex:3"
    assert found["Part two stands here now."] == "part.tex:3"
    assert found["The words behind the include, same line."] == "main.tex:5"
    assert found["The words of the next line."] == "main.tex:6"
    assert found["The other file begins here, truly."] == "other.tex:3"
    assert found["The other file ends."] == "other.tex:5"
    assert found["The words behind both includes."] == "main.tex:8"


def test_a_quotation_is_cited_by_the_line_that_read_lines_shows(tmp_path: Path) -> None:
    document = load_latex({"main.tex": MAIN, "part.tex": PART, "other.tex": OTHER}, "main.tex")
    library = Library(tmp_path)
    library.add(document, "main.tex", "p")
    kept = library.source("p")
    found = kept.find("The words behind both includes.")
    assert found is not None
    assert kept.document.lines[found.first - 1] == "The words behind both includes."
    assert kept.document.where(found.first) == "main.tex:8"
    shown = f'It says "The words behind both includes." [p:L{found.first}]'
    assert check_reply(shown, [kept]).checked[0].note == ""
    wrong = f'It says "The words behind both includes." [p:L{found.first - 1}]'
    assert "not where the reply says" in check_reply(wrong, [kept]).checked[0].note


def test_lines_behind_pdf_page_breaks() -> None:
    pages = [f"Page {word} opens with these words." for word in ("one", "two", "three")]
    document = load_pdf(pdf(*pages), "p.pdf")
    source = Source("p", document)
    for number, words in enumerate(pages, 1):
        found = source.find(words)
        assert found is not None
        assert found.first == found.last
        assert document.lines[found.first - 1] == words
        assert document.where(found.first) == f"page {number}"
    across = source.find("with these words. Page two opens")
    assert across is not None
    assert (document.where(across.first), document.where(across.last)) == ("page 1", "page 2")
