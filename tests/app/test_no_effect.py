"""On a target equal to its base no tool says ‘beyond control’, but those whose page says so."""

import pytest

from mechmentor.app.cases import organism_case
from mechmentor.evals.tool_verdicts import judged, measure
from mechmentor.tools.workbench import Workbench

IDENTICAL = "m-ba4471"
# They speak of the target alone, as their pages say.
OF_THE_TARGET = {"resample_reasoning", "logit_lens", "activation_patching"}
# Thousands of words: minutes, and equal models are tested on a tiny one.
LONG = {"guess_scan", "trigger_scan"}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    case = organism_case(IDENTICAL)
    folder = tmp_path_factory.mktemp("bench")
    return Workbench.open(case.target, case.base, access=case.access, folder=folder)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("tool", sorted(set(judged()) - OF_THE_TARGET - LONG))
def test_equal_models_show_no_effect(bench: Workbench, tool: str) -> None:
    found = measure(bench, IDENTICAL, "identical", tool)
    assert found.failed is None
    assert not found.beyond, found.summary


def test_the_exceptions_say_so_on_their_page() -> None:
    from mechmentor.tools import catalog

    assert "target alone" in catalog.load("resample_reasoning").doc
