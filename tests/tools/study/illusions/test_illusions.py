"""Each false result appears on the bundled model, and dies under its control."""

import re
from typing import Any

import pytest

from mechmentor.tools.study.exercises import bank
from mechmentor.tools.study.exercises.types import Written
from mechmentor.tools.study.illusions.bank import ILLUSIONS
from mechmentor.tools.study.illusions.types import Illusion

FLAWS = {
    e.illusion.name: e
    for e in bank.load(bank.BANK).values()
    if isinstance(e, Written) and e.illusion
}
_KEPT: dict[str, Illusion] = {}


def test_every_illusion_is_an_exercise_and_every_flaw_an_illusion() -> None:
    assert set(FLAWS) == set(ILLUSIONS)
    flaws = [e for e in bank.load(bank.BANK).values() if e.kind == "flaw"]
    assert len(flaws) == len(FLAWS) >= 10


@pytest.mark.parametrize("name", sorted(FLAWS))
def test_both_figures_are_told(name: str) -> None:
    exercise = FLAWS[name]
    assert exercise.illusion is not None
    text = exercise.statement + exercise.explanation
    for figure in (exercise.illusion.seen, exercise.illusion.control):
        assert told(figure, text), figure


def told(figure: float, text: str) -> bool:
    """Whether a number stands in a text, also as a percentage, rounded as the text likes."""
    numbers = [float(n.replace(",", "").replace("−", "-")) for n in
               re.findall(r"[−-]?\d+(?:,\d{3})*(?:\.\d+)?", text)]  # fmt: skip
    ranks = {"1": 1, "first": 1, "second": 2, "3rd": 3}
    numbers += [value for word, value in ranks.items() if word in text]
    forms = (figure, 100 * figure)
    return any(abs(n - form) <= 0.005 * abs(form) + 1e-6 for n in numbers for form in forms)


def measured(model: Any, name: str) -> Illusion:
    if name not in _KEPT:
        _KEPT[name] = ILLUSIONS[name](model)
    return _KEPT[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", ILLUSIONS)
def test_it_convinces_and_its_control_kills_it(bundled_model: Any, name: str) -> None:
    found = measured(bundled_model, name)
    assert found.id == name
    assert found.rule
    assert found.appears, str(found)
    assert found.dies, str(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FLAWS))
def test_the_figures_in_find_the_flaw_are_computed_ones(bundled_model: Any, name: str) -> None:
    found, shown = measured(bundled_model, name), FLAWS[name].illusion
    assert shown is not None
    assert found.seen == pytest.approx(shown.seen, rel=0.06, abs=1e-4)
    assert found.control == pytest.approx(shown.control, rel=0.06, abs=1e-3)
