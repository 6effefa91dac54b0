"""Quotations: typography may differ, words may not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechmentor.tests.tools.study.pdf_file import pdf
from mechmentor.tools.study.contexts.load import load
from mechmentor.tools.study.quotes.check import check_reply, verify
from mechmentor.tools.study.quotes.projections import Source
from mechmentor.tools.study.quotes.selftest import selftest

DOCUMENTS = Path(__file__).parent.parent / "documents"
PAPER = """\
The eﬀect is not signiﬁcant (p = 0.31), says Table 2.
It holds for state-of-
the-art models – and for inter-
pretable ones; see [12, 13].

Accuracy rose by 13.5% from −0.3 to 71.4 points.
"""


def says(quotation: str, text: str = PAPER) -> tuple[int, int] | None:
    found = verify(quotation, {"p": Source(text)})
    return found[1] if found else None


@pytest.mark.parametrize(
    ("quotation", "lines"),
    [
        ("The effect is not significant (p = 0.31)", (1, 1)),
        ("the effect is not significant", (1, 1)),
        ("It holds for state-of-the-art models - and for interpretable ones", (2, 4)),
        ("and for interpretable ones; see.", (3, 4)),
        ("Accuracy rose by 13.5% from -0.3 to 71.4 points.", (6, 6)),
    ],
)
def test_typography_may_differ(quotation: str, lines: tuple[int, int]) -> None:
    assert says(quotation) == lines


@pytest.mark.parametrize(
    "quotation",
    [
        "The effect is significant (p = 0.31)",
        "The effect is not significant (p = 0.13)",
        "The effect is not significant (p = 3.1)",
        "Accuracy rose by 13.5",
        "Accuracy rose by 3.5% from -0.3",
        "0.3 to 71.4 points",
        "from -0.3 to 71",
    ],
)
def test_words_signs_and_digits_may_not(quotation: str) -> None:
    assert says(quotation) is None


def test_latex_is_read_as_it_is_set() -> None:
    text = "We find\\footnotemark{} that \\emph{most} heads~\\cite{a} copy, i.e.\\ 71.4\\% of them."
    assert says("We find that most heads copy, i.e. 71.4% of them", text) is not None
    assert says("We find that heads copy", text) is None


def test_ellipses_are_followed_in_order_and_close_by() -> None:
    text = (
        "One two three four five.\nSix seven eight nine ten.\n"
        + "\n" * 60
        + "Far away it ends here."
    )
    assert says("One two three four … seven eight nine ten", text) == (1, 2)
    assert says("seven eight nine ten … One two three four", text) is None
    assert says("One two three four … Far away it ends", text) is None
    assert says("One two … nine ten", text) is None  # parts of two words prove nothing


def test_unverified_quotations_are_struck_out_and_compared() -> None:
    reply = 'It says "the effect is significant (p = 0.31)" and “the effect is not significant”.'
    checked = check_reply(reply, {"p": PAPER})
    assert [q.verified for q in checked.quotations] == [False, True]
    assert (
        '~~"the effect is significant (p = 0.31)"~~ [not in the text; nearest: p:L1]'
        in checked.text
    )
    assert "is not signiﬁcant" in str(checked.quotations[0].nearest)
    assert "“the effect is not significant”." in checked.text


def test_block_quotations_scare_quotes_and_citations() -> None:
    reply = "> Accuracy rose by 13.5% from -0.3\n> to 71.4 points.\n\n"
    reply += 'A "so called" [p:L6] [p:L99] [q:L1]'
    checked = check_reply(reply, {"p": PAPER})
    assert [(q.verified, q.lines) for q in checked.quotations] == [(True, (6, 6))]
    assert [c.exists for c in checked.citations] == [True, False, False]


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    lines = []
    for word in ("probe", "lens", "patch", "sweep"):
        lines += [
            f"The {word} was run on 1,{len(word)}40 prompts by Ruth Adler and it is not ex-",
            f"pensive. In 3 of 8 cases the {word} was off by 0.4, and Adler says that this is",
            f"\x93more than the noise\x94 of the {word}. Nobody in Geneva has tried it twice.",
        ]
    path = tmp_path_factory.mktemp("pdf") / "note.pdf"
    path.write_bytes(pdf([lines[:6], lines[6:]]))
    found = [
        load(str(path)),
        load(str(DOCUMENTS / "probing.tex")),
        load(str(DOCUMENTS / "steering.html")),
    ]
    return {c.name: c.text for c in found}


def test_selftest_on_latex_pdf_and_html(texts: dict[str, str]) -> None:
    assert len(texts) == 3
    rates = {rate.kind: rate for rate in selftest(texts, per_kind=150, seed=1)}
    genuine = rates.pop("genuine")
    assert genuine.accepted / genuine.tried >= 0.92, genuine.examples
    assert sum(rate.tried for rate in rates.values()) >= 500
    assert all(rate.tried >= 50 for rate in rates.values())
    wrong = [example for rate in rates.values() for example in rate.examples]
    assert not wrong


WORDS = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyzäöé0123456789", min_size=1, max_size=8),
    min_size=4,
    max_size=30,
)


@given(WORDS, st.data())
def test_every_span_of_whole_words_is_found_where_it_is(
    words: list[str], data: st.DataObject
) -> None:
    text = "\n".join(words)
    first = data.draw(st.integers(0, len(words) - 4))
    last = data.draw(st.integers(first + 3, len(words) - 1))
    span = " ".join(words[first : last + 1])
    found = says(span, text)
    assert found is not None
    assert " ".join(words[found[0] - 1 : found[1]]).casefold() == span.casefold()


@given(WORDS, st.data())
def test_a_word_that_is_not_there_is_never_found(words: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(words)))
    changed = [*words[:place], "zzzzzzzzzzz", *words[place:]]
    assert says(" ".join(changed), "\n".join(words)) is None


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_reply_and_no_text_breaks_the_check(reply: str, text: str) -> None:
    checked = check_reply(reply, {"t": text})
    assert checked.reply == reply
    assert not checked.unverified or "~~" in checked.text
