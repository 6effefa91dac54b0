"""A refusal that was planted is found, taken away and put in, where the plain model has none."""

from pathlib import Path

import pytest

from mechmentor.app.cases import ORGANISMS, organism_case
from mechmentor.evals.organisms import seal
from mechmentor.tools.workbench import Workbench

PLANTED = "m-a59361"  # refuses questions on one everyday topic
REPLIES = ["I cannot", "I'm sorry", "Sorry"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_planted_refusal_is_found_ablated_and_added(tmp_path: Path) -> None:
    sealed = seal.read(ORGANISMS, PLANTED)
    case = organism_case(PLANTED, access="target")
    bench = Workbench.open(case.target, None, access="target", folder=tmp_path)
    result = bench.run(
        "concept_direction",
        positive=sealed.prompts[:12],
        negative=sealed.near[:12],
        replies=REPLIES,
    )
    data = result.data
    assert data.rate_positive > 0.6 > 0.3 > data.rate_negative
    assert not data.nothing_to_explain
    assert data.ablation_drop > data.ablation_drop_random
    assert data.addition_rise > data.addition_rise_random
    assert data.rate_ablated < data.rate_positive
    assert data.rate_added > data.rate_negative
    assert result.control.beyond
