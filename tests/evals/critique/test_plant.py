"""Each planted error is one, in the lines that it names, and nothing else differs."""

import json
import random
import re
from collections import Counter
from decimal import Decimal
from os.path import commonprefix

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mechmentor.evals.critique.documents import documents
from mechmentor.evals.critique.planter.edit import Change, SiteError, apply, deletion, locate
from mechmentor.evals.critique.planter.plant import (
    CHECKABLE,
    KINDS,
    THEMES,
    Planted,
    kinds_of,
    plant,
    plant_at,
)
from mechmentor.evals.critique.planter.sites import Site, sites

BY_ID = {document.id: document for document in documents()}
SITES = [(name, at) for name in BY_ID for at in range(len(sites(name)))]


def planted(name: str, at: int, seed: int = 0) -> tuple[Site, Planted]:
    site = sites(name)[at]
    return site, plant_at(BY_ID[name], site, random.Random(seed), seed)


# Numbers written out, as far as a site changes one; shares are in percent.
WORDS = {
    "half": "50",
    "two thirds": "66.7",
    "three quarters": "75",
    "four": "4",
    "five": "5",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
    "twelve": "12",
    "sixteen": "16",
    "sixty": "60",
    "seventy": "70",
    "ninety": "90",
}
# A number with spaces between its thousands, or a word: one thing, not to be cut.
WHOLE = re.compile(r"\b\d{1,3}(?:[ \u00a0\u202f]\d{3})+\b|[A-Za-z]+")
RAISED = str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")


def number(text: str) -> Decimal:
    if text in WORDS:
        return Decimal(WORDS[text])
    text = re.sub(r"(?<=\d)[ \u00a0\u202f](?=\d{3}\b)", "", text)
    for mark in "=,{}":
        text = text.replace(mark, "")
    text = re.sub(r"\s?(?:×|\\times)\s?10\^?", "e", text).translate(RAISED)
    return Decimal(text.strip())


def cut(text: str, at: int) -> bool:
    """Whether a word, or a number with spaces in it, reaches over a place of the text."""
    return any(found.start() < at < found.end() for found in WHOLE.finditer(text))


def apart(old: str, new: str) -> tuple[str, str]:
    """The one number in which two wordings of a place differ."""
    head = len(commonprefix([old, new]))  # noqa: RUF071
    tail = len(commonprefix([old[head:][::-1], new[head:][::-1]]))  # noqa: RUF071
    while head and (old[head - 1] in "0123456789.," or cut(old, head)):
        head -= 1
    while tail and (old[len(old) - tail] in "0123456789" or cut(old, len(old) - tail)):
        tail -= 1
    return old[head : len(old) - tail], new[head : len(new) - tail]


def p_of(given: dict) -> float:
    value, df = given["statistic"], given["df"]
    match given["test"]:
        case "t":
            return float(2 * stats.t.sf(abs(value), *df))
        case "F":
            return float(stats.f.sf(value, *df))
        case "chi2":
            return float(stats.chi2.sf(value, *df))
        case "r":
            n = df[0] + 2
            return float(2 * stats.beta(n / 2 - 1, n / 2 - 1, loc=-1, scale=2).sf(abs(value)))
    raise AssertionError(given)


def test_kinds() -> None:
    assert len(KINDS) >= 20
    assert {kind for name in BY_ID for kind in kinds_of(BY_ID[name])} == set(KINDS)
    assert set(THEMES["numbers"]) <= CHECKABLE


@pytest.mark.parametrize("name", BY_ID)
def test_a_document_admits_many_kinds_of_each_sort(name: str) -> None:
    kinds = set(kinds_of(BY_ID[name]))
    assert len(kinds & CHECKABLE) >= 6
    # Documents that came later are for what a program can decide.
    assert BY_ID[name].added or len(kinds - CHECKABLE) >= 5


@pytest.mark.parametrize(("name", "at"), SITES)
def test_only_the_intended_lines_differ(name: str, at: int) -> None:
    site, found = planted(name, at)
    clean = BY_ID[name].texts()
    assert found.old != found.new
    intended = {edit.file or BY_ID[name].main for edit in site.edits}
    for file, text in clean.items():
        differs = text != found.texts[file]
        assert differs == (file in intended)
        hunks = sorted((h.clean, h.planted) for h in found.hunks if h.file == file)
        before, after = text.splitlines(), found.texts[file].splitlines()
        a = b = 1
        for (c0, c1), (p0, p1) in hunks:
            assert before[a - 1 : c0 - 1] == after[b - 1 : p0 - 1]
            a, b = c1, p1
        assert before[a - 1 :] == after[b - 1 :]
    # Every difference lies in an edit: its lines, or the line at which text is gone.
    edits = found.places[: len(site.edits)]
    for hunk in found.hunks:
        assert any(
            hunk.file == place.file
            and hunk.planted[0] <= place.last + 2
            and hunk.planted[1] >= place.first - 2
            for place in edits
        )
    for file, text in found.texts.items():
        if file.endswith(".ipynb"):
            assert json.loads(text)["nbformat"] == 4
        assert "⟦" not in text
        assert "\n\n\n" not in text


@pytest.mark.parametrize(
    ("name", "at"), [one for one in SITES if sites(one[0])[one[1]].kind in THEMES["numbers"]]
)
@pytest.mark.parametrize("seed", range(3))
def test_a_wrong_number_is_wrong_and_was_right(name: str, at: int, seed: int) -> None:
    site, found = planted(name, at, seed)
    if " " in found.old.strip():  # a place whose wrong wordings were written by hand
        before, after = apart(found.old, found.new)
        found = found.model_copy(update={"old": before, "new": after})
    given_, whole = site.given, "\n".join(BY_ID[name].texts().values())
    if site.kind == "p-value":
        right, was_below = p_of(given_), found.old.startswith(("<", "&lt;"))
        if was_below:
            assert right < 0.001
        else:
            places = -int(number(found.old).as_tuple().exponent)
            # The statistic is rounded, too: one unit of the last digit of p.
            assert abs(round(right, places) - float(number(found.old))) < 1.01 * 10.0**-places
        wrong = float(number(found.new))
        assert (wrong < 0.05) != (right < 0.05)
        return
    old, new = number(found.old), number(found.new)
    match site.kind:
        case "total":
            assert old == sum(Decimal(str(part)) for part in given_["parts"]) != new
        case "difference":
            one, other = (Decimal(str(value)) for value in given_["of"])
            assert old == abs(one - other) != new
        case "percentage":
            unit = 1 if given_.get("as") == "fraction" else 100
            share = Decimal(unit * given_["count"]) / given_["of"]
            half = Decimal("0.51").scaleb(int(old.as_tuple().exponent))
            assert abs(share - old) <= half < Decimal("0.015") * unit < abs(share - new)
        case "table-text" if "parts" in given_:  # the text adds up what the rows say
            for part, row in zip(given_["parts"], given_["rows"], strict=True):
                assert row in whole
                assert f"| {part} " in row
            assert old == sum(given_["parts"]) != new
        case "table-text":
            assert given_["row"] in whole.replace("\\\\\\\\", "\\\\")
            assert found.old in given_["row"]
            assert found.new not in given_["row"]
        case "two-values":
            assert given_["again"] in whole
            assert found.old in given_["again"]
            assert found.new not in given_["again"]
        case "interval":
            low, high = (Decimal(str(bound)) for bound in given_["between"])
            assert low <= old <= high
            assert not low <= new <= high
        case "impossible":
            limits = {"percent": (0, 100), "correlation": (-1, 1), "spread": (0, 10**9)}
            low, high = limits.get(given_["as"], (0, 1))
            assert low <= old <= high
            assert not low <= new <= high
        case _:
            raise AssertionError(site.kind)


@pytest.mark.parametrize(
    ("name", "at"), [one for one in SITES if sites(one[0])[one[1]].kind in THEMES["references"]]
)
def test_a_broken_reference_points_at_nothing(name: str, at: int) -> None:
    site, found = planted(name, at)
    clean = "\n".join(BY_ID[name].texts().values())
    if site.kind == "reference-duplicate":
        assert len(found.new) > len(found.old) - 5
    elif "⟦" in site.edits[0].find and not found.new.isdigit():
        assert found.new not in clean
    elif found.new.isdigit():
        assert int(found.new) > site.given["last"]


def test_a_seed_gives_the_same_error_again_and_others_come_up() -> None:
    document = BY_ID["d-18c2"]
    assert plant(document, "percentage", 3) == plant(document, "percentage", 3)
    assert len({plant(document, "percentage", seed).new for seed in range(8)}) > 2


def test_a_kind_that_a_document_lacks() -> None:
    with pytest.raises(SiteError, match="admits no lens-norm-removed"):
        plant(BY_ID["d-18c2"], "lens-norm-removed", 0)


def test_many_sites() -> None:
    counts = Counter(sites(name)[at].kind for name, at in SITES)
    assert all(counts[kind] >= 5 for kind in THEMES["numbers"])


def test_deleting_a_sentence_leaves_no_trace() -> None:
    text = "One. Two. Three.\nFour.\n\nFive.\n\nSix.\n"
    for gone, left in {
        "Two.": "One. Three.\nFour.\n\nFive.\n\nSix.\n",
        "Three.": "One. Two.\nFour.\n\nFive.\n\nSix.\n",
        "One.": "Two. Three.\nFour.\n\nFive.\n\nSix.\n",
        "Five.": "One. Two. Three.\nFour.\n\nSix.\n",
    }.items():
        change = deletion(text, *locate(text, gone, "a.md"))
        assert apply(text, [change])[0] == left


def test_text_that_stands_twice_is_no_place() -> None:
    with pytest.raises(SiteError, match="2 places"):
        locate("a b a", "a", "a.md")


@given(st.text("ab\n", min_size=3, max_size=30), st.data())
@settings(max_examples=100, deadline=None)
def test_apply_says_the_lines_of_what_it_wrote(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    new = "X" + data.draw(st.text("cd\n", max_size=5)) + "Y"
    changed, [(first, last)] = apply(text, [Change(start, end, new)])
    rows = changed.split("\n")
    assert "X" in rows[first - 1]
    assert "Y" in rows[last - 1]
