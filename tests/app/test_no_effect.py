"""On a target equal to its base no comparing tool says ‘beyond control’."""

import pytest

from mechmentor.app.cases import organism_case
from mechmentor.evals.tool_verdicts import measure
from mechmentor.tools.workbench import Workbench

IDENTICAL = "m-ba4471"
# These compare the target with its base; the others speak of the target alone, and find in an
# identical null what there is in any model. Scans of thousands of words take minutes, and equal
# models are tested on a tiny one.
COMPARING = (
    "activation_difference",
    "behavior_battery",
    "localise",
    "next_token",
    "prefill_contrast",
    "sequence_score",
    "token_divergence",
    "weight_difference",
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    case = organism_case(IDENTICAL)
    folder = tmp_path_factory.mktemp("bench")
    return Workbench.open(case.target, case.base, access=case.access, folder=folder)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("tool", COMPARING)
def test_equal_models_show_no_effect(bench: Workbench, tool: str) -> None:
    found = measure(bench, IDENTICAL, "identical", tool)
    assert found.failed is None
    assert not found.beyond, found.summary


def test_the_exceptions_say_so_on_their_page() -> None:
    from mechmentor.tools import catalog

    assert "target alone" in catalog.load("resample_reasoning").doc
