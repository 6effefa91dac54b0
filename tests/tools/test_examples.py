"""Every tool of the catalogue runs its docs example on the bundled model, its control beside it."""

import json
from typing import Any

import pytest

from mechmentor.app.cases import organism_case
from mechmentor.tools import catalog
from mechmentor.tools.ledger import Ledger
from mechmentor.tools.runner import run_tool
from mechmentor.tools.spec import ACCESS_ORDER, Control, Failure, Result, WhiteBox
from mechmentor.tools.study.contexts.library import Library
from mechmentor.tools.workbench import Workbench

NAMES = list(catalog.CATALOG)
PLANTED = "m-a59361"
# The example runs as it stands but for these, whose defaults take minutes.
SHORTER: dict[str, dict[str, Any]] = {
    "guess_scan": {"limit": 200},
    "trigger_scan": {"limit": 48},
    "resample_reasoning": {"n": 4, "max_new_tokens": 32},
    "behavior_battery": {"max_new_tokens": 16},
    "top_examples": {"windows": 32},
}
# Without a key these give the prompt to paste, in this field of their data.
TO_PASTE = {"write_prompts": "paste", "criticise_text": "prompt"}
# What acts on a handle says which tool makes one.
BEFORE = {"probe_monitor": "probe"}


@pytest.fixture(scope="module")
def alone(bundled_model: Any, tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """The bundled model without a base."""
    return Workbench(bundled_model, folder=tmp_path_factory.mktemp("alone"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """An organism beside the bundled model, for tools that compare."""
    case = organism_case(PLANTED)
    folder = tmp_path_factory.mktemp("pair")
    return Workbench.open(case.target, case.base, access=case.access, folder=folder)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The contexts that come with the project."""
    return Library(tmp_path_factory.mktemp("library"))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", NAMES)
def test_an_example_runs_with_its_control(
    name: str, request: pytest.FixtureRequest, library: Library
) -> None:
    tool = catalog.load(name)
    compares = ACCESS_ORDER[tool.access] == ACCESS_ORDER["base"]
    bench: Workbench = request.getfixturevalue("pair" if compares else "alone")
    needs: dict[str, Any] = {"bench": bench, "ledger": Ledger(), "library": library}
    if name in BEFORE:
        bench.experiment += 1
        run_tool(BEFORE[name], {}, **needs)
    bench.experiment += 1
    result = run_tool(name, {**tool.example, **SHORTER.get(name, {})}, **needs).value
    assert not isinstance(result, Failure), str(result)
    check(name, result)


def check(name: str, result: Result[Any]) -> None:
    """A summary to act on, finite data, and the control that the tool's page promises."""
    assert result.summary
    assert "NaN" not in json.dumps(result.model_dump(mode="json"))
    if name in TO_PASTE:
        assert len(getattr(result.data, TO_PASTE[name])) > 40
    if isinstance(result, WhiteBox):
        assert isinstance(result.control, Control)
        assert result.control.what
        # Where nothing can be compared, the control says why and gives no verdict.
        assert result.control.numbers or result.control.absent
        if result.control.beyond is False:
            words = result.summary.lower()
            said = ("no effect beyond control", "nothing to explain", "does not hold")
            assert any(phrase in words for phrase in said)


def test_what_is_shortened_or_needs_something_first_is_in_the_catalogue() -> None:
    for name, changes in SHORTER.items():
        tool = catalog.load(name)
        tool.args(**{**tool.example, **changes})
    assert set(TO_PASTE) | set(BEFORE) | set(BEFORE.values()) <= set(NAMES)
