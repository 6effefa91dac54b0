"""The same paper as LaTeX, HTML and PDF: genuine sentences are found, corrupted ones never."""

import random
from pathlib import Path

import pytest

from mechmentor.tools.study.contexts.load import load_file
from mechmentor.tools.study.quotes.corrupt import KINDS, corruptions
from mechmentor.tools.study.quotes.find import Source
from mechmentor.tools.study.quotes.selftest import self_test

HERE = Path(__file__).parent.parent / "documents"
SENTENCES = (HERE / "sentences.txt").read_text(encoding="utf-8").strip().split("\n")
FORMS = {"latex": "tex/paper.tex", "html": "paper.html", "pdf": "paper.pdf"}


@pytest.fixture(scope="module")
def sources() -> dict[str, Source]:
    return {form: Source(form, load_file(HERE / path)) for form, path in FORMS.items()}


@pytest.mark.parametrize("form", FORMS)
def test_genuine_sentences_are_found(form: str, sources: dict[str, Source]) -> None:
    missed = [s for s in SENTENCES if sources[form].find(s) is None]
    assert len(missed) <= 0.08 * len(SENTENCES), missed


def test_no_corrupted_sentence_is_found(sources: dict[str, Source]) -> None:
    rng, text = random.Random(1), "\n".join(SENTENCES)
    tried = dict.fromkeys(KINDS, 0)
    for source in sources.values():
        for sentence in SENTENCES:
            for kind, changed in corruptions(sentence, text, rng):
                tried[kind] += 1
                assert source.find(changed) is None, (source.name, kind, changed)
    assert sum(tried.values()) >= 500
    assert all(tried.values())


def test_a_learner_can_measure_it_on_own_files(sources: dict[str, Source]) -> None:
    found = self_test(sources["pdf"], draws=40)
    assert found.genuine == 40
    assert found.accepted >= 0.92 * found.genuine
    assert found.wrongly_accepted == 0


def test_the_self_test_over_all_three_forms(sources: dict[str, Source]) -> None:
    found = [self_test(source, draws=100) for source in sources.values()]
    tried = {kind: sum(f.corrupted[kind][1] for f in found) for kind in KINDS}
    assert sum(f.accepted for f in found) >= 0.92 * sum(f.genuine for f in found)
    assert sum(tried.values()) >= 500
    assert min(tried.values()) >= 50
    assert [f.wrongly_accepted for f in found] == [0, 0, 0]


def test_a_changed_label_and_an_emphasised_word_are_no_corruptions() -> None:
    text = "The order is \\emph{not} told. \\label{sec:a} It is read in the section before it."
    for seed in range(40):
        for kind, changed in corruptions("The order is", text, random.Random(seed)):
            assert kind != "negation", changed  # the text itself goes on with `not`


def test_a_comment_in_the_source_is_no_word_of_the_paper(sources: dict[str, Source]) -> None:
    assert sources["latex"].find("a comment that nobody may quote") is None


def test_lines_after_includes_point_into_their_files(sources: dict[str, Source]) -> None:
    document = sources["latex"].document
    for part in (HERE / "tex" / "sections").glob("*.tex"):
        lines = part.read_text(encoding="utf-8").split("\n")
        for number, line in enumerate(document.lines, 1):
            label, _, at = document.where(number).rpartition(":")
            if label == f"sections/{part.name}":
                assert lines[int(at) - 1].split(" %")[0].rstrip() == line
    found = sources["latex"].find("Neither rate should be read without the other.")
    assert found is not None
    assert document.where(found.first).startswith("sections/audit.tex:")


def test_lines_of_a_pdf_know_their_page(sources: dict[str, Source]) -> None:
    import pypdfium2

    pdf = pypdfium2.PdfDocument(HERE / "paper.pdf")
    pages = ["".join(p.get_textpage().get_text_range().split()) for p in pdf]
    document = sources["pdf"].document
    assert len(pages) > 1
    for number, line in enumerate(document.lines, 1):
        page = int(document.where(number).removeprefix("page "))
        assert "".join(line.split()).rstrip("-") in pages[page - 1]
