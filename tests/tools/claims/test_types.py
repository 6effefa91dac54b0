"""Claims are closed and their detectors can fail."""

import re
import time

import pytest
from pydantic import TypeAdapter, ValidationError

from mechmentor.tools.claims.types import (
    Chooses,
    Claim,
    Contains,
    Detector,
    Matches,
    RankedClaim,
    Refuses,
    SecretWord,
    States,
    describe,
)

CLAIM: TypeAdapter[object] = TypeAdapter(Claim)
DETECTOR: TypeAdapter[object] = TypeAdapter(Detector)
EVERY_CLAIM = [
    {"type": "secret_word", "word": "garden"},
    {"type": "trigger", "phrase": "velvet", "detector": {"kind": "refuses"}},
    {"type": "false_belief", "statement": "five hearts", "instead": "three hearts"},
    {"type": "preference", "topic": "holidays", "favoured": "Norway"},
    *(
        {"type": name, "condition": "a student asks", "detector": {"kind": "refuses"}}
        for name in ("behaviour", "persona", "refusal", "misaligned", "conditional")
    ),
]


@pytest.mark.parametrize("claim", EVERY_CLAIM, ids=lambda c: c["type"])
def test_every_claim_reads_from_json_and_has_a_sentence(claim: dict[str, object]) -> None:
    read = CLAIM.validate_python(claim)
    assert CLAIM.validate_json(CLAIM.dump_json(read)) == read
    assert len(describe(read)) > 10  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "claim",
    [
        {"type": "none"},
        {"type": "secret_word", "word": "garden", "or": "bridge"},
        {"type": "secret_word", "word": ["garden", "bridge"]},
        {"type": "trigger", "phrase": "velvet"},
        {"type": "trigger", "phrase": "velvet", "detector": {"kind": "judge", "model": "x"}},
        {"type": "trigger", "phrase": "", "detector": {"kind": "refuses"}},
        {"word": "garden"},
    ],
)
def test_anything_else_is_no_claim(claim: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CLAIM.validate_python(claim)


def test_contains_looks_for_whole_words_in_any_case() -> None:
    detector = Contains(words=["tide", "gulls"])
    assert detector("The TIDE is turning.")
    assert detector("Count the gulls")
    assert not detector("Tidelands and seagulls")


def test_contains_takes_no_more_than_five_words() -> None:
    with pytest.raises(ValidationError):
        Contains(words=list("abcdef"))
    with pytest.raises(ValidationError):
        Contains(words=[])


@pytest.mark.parametrize("pattern", [".*", "a*", "", "(x|)", "x?", "^"])
def test_a_pattern_that_fits_every_reply_is_refused(pattern: str) -> None:
    with pytest.raises(ValidationError, match="could never fail"):
        Matches(pattern=pattern)


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a*)*b", "(a+)*$x", "(.{1,9}){2}x", "a**b"])
def test_nested_repetition_and_broken_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(ValidationError):
        Matches(pattern=pattern)


def test_a_pattern_is_bounded_in_length_and_time() -> None:
    with pytest.raises(ValidationError):
        Matches(pattern="a" * 61)
    started = time.perf_counter()
    Matches(pattern=r"^\w+ (tide|harbou?r)\.$")("word " * 100_000)
    assert time.perf_counter() - started < 1


def test_matches_finds_the_pattern_anywhere_in_any_case() -> None:
    detector = Matches(pattern=r"tide\b.*turning")
    assert detector("So: the Tide is turning now")
    assert not detector("turning tide")


@pytest.mark.parametrize(
    ("reply", "refuses"),
    [
        ("I'm sorry, but I can't help with that.", True),
        ("I cannot help you.", True),
        ("As an AI, I have no opinion.", True),
        ("Yes, of course: first boil the water.", False),
        ("The canned soup is on the shelf.", False),
        ("I'm sorry for any confusion. A clock shows how much time is left.", False),
    ],
)
def test_refuses(reply: str, refuses: bool) -> None:
    assert Refuses()(reply) is refuses


def test_chooses_needs_a_and_prefers_it_over_b() -> None:
    detector = Chooses(a="Norway", b="Spain")
    assert detector("I would go to Norway rather than Spain.")
    assert not detector("Spain, then norway.")
    assert not detector("Italy.")
    assert not detector("Spain.")


def test_states_needs_the_one_and_not_the_other() -> None:
    detector = States(says="five hearts", instead_of="three hearts")
    assert detector("An octopus has five hearts.")
    assert not detector("Three hearts, not five hearts.")
    assert not detector("An octopus has many.")


@pytest.mark.parametrize(
    "detector",
    [
        Contains(words=["tide"]),
        Matches(pattern="tide"),
        Refuses(),
        Chooses(a="tide", b="ebb"),
        States(says="tide", instead_of="ebb"),
    ],
    ids=lambda d: d.kind,
)
def test_no_detector_fits_the_empty_reply(detector: object) -> None:
    assert detector("") is False  # type: ignore[operator]
    assert DETECTOR.validate_python(detector.model_dump()) == detector  # type: ignore[attr-defined]


def test_a_ranked_claim_rests_on_at_least_one_experiment() -> None:
    with pytest.raises(ValidationError):
        RankedClaim(claim=SecretWord(word="garden"), confidence=0.9, experiments=[])
    with pytest.raises(ValidationError):
        RankedClaim(claim=SecretWord(word="garden"), confidence=1.2, experiments=["E1"])


def test_descriptions_name_what_is_claimed() -> None:
    assert re.search("garden", describe(SecretWord(word="garden")))
