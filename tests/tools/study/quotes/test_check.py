"""Quotations: typography may differ, words may not. For any words, not for chosen ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechmentor.tools.study.contexts.document import Document
from mechmentor.tools.study.quotes.check import check_reply
from mechmentor.tools.study.quotes.find import Found, Source
from mechmentor.tools.study.quotes.projections import MODES, Mode, project

PAPER = """\
The eﬀect is not signiﬁcant (p = 0.31), says Table 2.
It holds for state-of-
the-art models – and for inter-
pretable ones; see [12, 13].

Accuracy rose by 13.5% from −0.3 to 71.4 points."""


def source(text: str) -> Source:
    return Source("p", Document("P", "text", tuple(text.split("\n"))))


def find(quotation: str, text: str = PAPER) -> Found | None:
    return source(text).find(quotation)


@pytest.mark.parametrize(
    ("quotation", "lines"),
    [
        ("The effect is not significant (p = 0.31)", (1, 1)),
        ("the effect is not significant", (1, 1)),
        ("It holds for state-of-the-art models – and for interpretable ones", (2, 4)),
        ("Accuracy rose by 13.5% from -0.3 to 71.4 points.", (6, 6)),
    ],
)
def test_typography_may_differ(quotation: str, lines: tuple[int, int]) -> None:
    found = find(quotation)
    assert found is not None
    assert (found.first, found.last) == lines


@pytest.mark.parametrize(
    "quotation",
    [
        "The effect is significant (p = 0.31)",
        "The effect is not significant (p = 0.13)",
        "The effect is not significant (p = 3.1)",
        "Accuracy rose by 13.5",
        "Accuracy rose by 3.5% from −0.3",
        "0.3 to 71.4 points",
        "from −0.3 to 71",
        "for interpretable ones; see [12, 14]",
    ],
)
def test_words_signs_and_digits_may_not(quotation: str) -> None:
    assert find(quotation) is None


WORDS = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyzäöé0123456789", min_size=1, max_size=8),
    min_size=4,
    max_size=30,
)


@given(WORDS, st.data())
def test_every_span_of_whole_words_is_found_where_it_stands(
    words: list[str], data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(words) - 4))
    last = data.draw(st.integers(first + 3, len(words) - 1))
    span = words[first : last + 1]
    found = find(" ".join(span), "\n".join(words))  # one word a line
    assert found is not None
    assert words[found.first - 1 : found.last] == span


@given(WORDS, st.data())
def test_a_word_put_in_is_never_found(words: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(words)))
    changed = [*words[:at], "zzzzzzzzzzz", *words[at:]]
    assert find(" ".join(changed), "\n".join(words)) is None


@given(WORDS, st.data())
def test_a_changed_digit_is_never_found(words: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(words) - 1))
    number = data.draw(st.integers(10, 9999))
    text = [*words[:at], f"q{number}", *words[at:]]
    other = data.draw(st.integers(10, 9999).filter(lambda n: n != number))
    changed = [*words[:at], f"q{other}", *words[at:]]
    assert find(" ".join(changed), " ".join(text)) is None


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_reply_and_no_text_breaks_the_check(reply: str, text: str) -> None:
    report = check_reply(reply, [source(text)])
    if not report.unverified and not any(c.note or c.omitted for c in report.checked):
        assert report.text == reply
    for item in report.checked:
        assert reply[item.quotation.start : item.quotation.end]


@given(st.text(max_size=200), st.sampled_from(MODES))
def test_a_projection_leads_back_into_the_text(text: str, mode: Mode) -> None:
    found = project(text, mode)
    for position in range(len(found.text)):
        assert 0 <= found.source(position) < max(1, len(text))


def test_elisions_are_followed_in_order_and_close_by() -> None:
    far = "\n" * 60
    text = f"One two three four five.\nSix seven eight nine ten.{far}Far away it ends here."
    said = {
        "One two three four … seven eight nine ten": "elided",
        "seven eight nine ten … One two three four": "unverified",
        "One two three four … Far away it ends": "unverified",
    }
    for words, status in said.items():
        report = check_reply(f"It says “{words}”.", [source(text)])
        assert [c.status for c in report.checked] == [status], words


def test_an_unverified_quotation_is_struck_out_beside_the_nearest_passage() -> None:
    reply = 'It says "the effect is significant (p = 0.31)" and “the effect is not significant”.'
    report = check_reply(reply, [source(PAPER)])
    assert [c.status for c in report.checked] == ["unverified", "verified"]
    assert '~~"the effect is significant (p = 0.31)"~~ [not in the source; nearest' in report.text
    assert "“the effect is not significant”." in report.text
