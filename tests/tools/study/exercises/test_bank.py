"""The bank as a whole: certified as it stands, nothing given away, guessers stay at chance."""

import re
from collections import Counter
from collections.abc import Callable

import pytest

from mechmentor.tools.study.exercises import bank, workfile
from mechmentor.tools.study.exercises.certify import (
    certify,
    read_table,
    standing,
    turn_of_today,
    wanted,
)
from mechmentor.tools.study.exercises.types import (
    KINDS,
    Choice,
    Coding,
    Exercise,
    Maths,
    Measure,
    Written,
)

ALL = bank.load(bank.BANK)
CHOICES = [e for e in ALL.values() if isinstance(e, Choice)]


def test_every_exercise_is_certified_as_it_stands() -> None:
    table = read_table(bank.BANK)
    paths = [p for p in bank.files() if p.is_relative_to(bank.BANK)]
    for path in paths:
        certificate = standing(path, table)
        assert certificate is not None, f"{path.name} has changed: exercise check --changed"
        assert certificate.passed, certificate.reason
    assert set(table) == {path.stem for path in paths}


def test_there_is_enough_of_each_kind() -> None:
    kinds = Counter(e.kind for e in ALL.values())
    assert set(kinds) == set(KINDS)
    assert len(ALL) >= 60
    assert kinds["coding"] >= 25


def _again(*, model: bool) -> None:
    """Certify what has changed and today's tenth, and nothing that the table does not say."""
    table = read_table(bank.BANK)
    paths = [p for p in bank.files() if p.is_relative_to(bank.BANK)]
    for path in wanted(paths, table, turn_of_today()):
        exercise = bank.read(path)
        if needs_model(exercise) == model:
            certificate = certify(exercise, path.read_text(encoding="utf-8"))
            assert certificate.passed, str(certificate)
            assert certificate.digest == table[exercise.id].digest, f"{exercise.id} has changed"


def needs_model(exercise: Exercise) -> bool:
    return isinstance(exercise, Measure) or getattr(exercise, "model", "none") == "bundled"


def test_what_changed_and_todays_tenth_are_certified_again() -> None:
    _again(model=False)


@pytest.mark.slow
@pytest.mark.usefixtures("bundled_model")
def test_the_same_for_what_runs_the_bundled_model() -> None:
    _again(model=True)


@pytest.mark.parametrize("kind", ["maths", "measure"])
def test_the_certificate_shown_to_learners_holds_no_answer(kind: str) -> None:
    for certificate in read_table(bank.BANK).values():
        if certificate.kind == kind:
            figures = [c.found for c in certificate.checks if c.found]
            assert not any(figure in certificate.to_learner() for figure in figures)


def test_ten_turns_certify_the_whole_bank() -> None:
    table = read_table(bank.BANK)
    paths = [p for p in bank.files() if p.is_relative_to(bank.BANK)]
    turns = [wanted(paths, table, turn) for turn in range(10)]
    assert sorted(p for turn in turns for p in turn) == sorted(paths)
    assert wanted(paths, table, None) == []


@pytest.mark.parametrize("name", sorted(ALL))
def test_the_work_file_gives_nothing_away(name: str) -> None:
    exercise = ALL[name]
    text = workfile.text_of(exercise)
    if exercise.explanation:
        assert exercise.explanation.strip() not in text
    if isinstance(exercise, Coding):
        body = exercise.solution.split('"""')[-1].strip()
        assert body not in text
    if isinstance(exercise, Choice):
        assert all(option.why not in text for option in exercise.options)
    if isinstance(exercise, Maths):
        assert re.search(r"(?m)^answer:$", text)
    if isinstance(exercise, Written):
        assert not any(f"`{key}`" in text for key in exercise.points)


def rate(pick: Callable[[Choice], int]) -> float:
    return sum(pick(e) == e.right for e in CHOICES) / len(CHOICES)


def bound(chance: float) -> float:
    """Two standard deviations above chance, for this many questions."""
    return chance + 2 * (chance * (1 - chance) / len(CHOICES)) ** 0.5


def specific(text: str) -> float:
    """Numbers, brackets and long words: how exact an option sounds."""
    words = text.split()
    return len(re.findall(r"\d|\(", text)) + sum(len(w) for w in words) / max(1, len(words))


def test_guessers_stay_at_chance() -> None:
    chance = sum(1 / len(e.options) for e in CHOICES) / len(CHOICES)
    for letter in range(4):
        assert rate(lambda e, i=letter: i) <= bound(chance), f"always {'ABCD'[letter]}"
    for measure in (len, specific):
        assert rate(by(measure, max)) <= bound(chance), f"the most {measure.__name__}"
        assert rate(by(measure, min)) <= bound(chance), f"the least {measure.__name__}"


def by(measure: Callable[[str], float], choose: Callable[..., int]) -> Callable[[Choice], int]:
    """A guesser that takes the option with the most or least of something."""
    return lambda e: choose(range(len(e.options)), key=lambda i: measure(e.options[i].text))


def test_positions_of_right_options_are_balanced() -> None:
    places = Counter(e.right for e in CHOICES)
    assert max(places.values()) - min(places.values()) <= 1
