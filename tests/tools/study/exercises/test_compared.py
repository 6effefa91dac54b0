"""What exercises have learners compute by hand is what the tools say on the bundled model."""

import re
from pathlib import Path
from typing import Any

import pytest

from mechmentor.tools.spec import Failure
from mechmentor.tools.study.exercises import bank, workfile
from mechmentor.tools.study.exercises.measure import field, resolved
from mechmentor.tools.study.exercises.types import Coding
from mechmentor.tools.workbench import Workbench

ALL = {n: e for n, e in bank.load(bank.BANK).items() if isinstance(e, Coding) and e.compares}
CORE = {
    "activation_patching", "probe", "sae_features", "top_examples", "steering",
    "direct_logit_attribution", "logit_lens",
}  # fmt: skip


def test_every_core_technique_is_coded_by_hand_and_compared() -> None:
    assert {e.compares.tool for e in ALL.values() if e.compares} >= CORE


@pytest.mark.parametrize("name", sorted(ALL))
def test_the_figures_stand_in_the_tests_and_the_tool_is_named(name: str) -> None:
    exercise = ALL[name]
    assert exercise.compares is not None
    text = workfile.text_of(exercise)
    assert f"mechmentor tool run {exercise.compares.tool}" in text
    numbers = {float(n) for n in re.findall(r"-?\d+\.?\d*", exercise.tests)}
    assert set(exercise.compares.figures.values()) <= numbers


@pytest.fixture(scope="module")
def bench(bundled_model: Any, tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    folder: Path = tmp_path_factory.mktemp("bench")
    return Workbench(bundled_model, folder=folder)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ALL))
def test_the_tool_says_the_same(bench: Workbench, name: str) -> None:
    compared = ALL[name].compares
    assert compared is not None
    value = bench.run(compared.tool, **resolved(compared.arguments))
    assert not isinstance(value, Failure), value
    result = value.model_dump(mode="json")
    for path, figure in compared.figures.items():
        assert field(result, path) == pytest.approx(figure, abs=compared.within), path
