"""Each false result appears on the bundled model, and dies under its control."""

from typing import Any

import pytest

from mechmentor.tools.study.illusions.bank import ILLUSIONS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ILLUSIONS)
def test_it_convinces_and_its_control_kills_it(bundled_model: Any, name: str) -> None:
    found = ILLUSIONS[name](bundled_model)
    assert found.id == name
    assert found.appears, str(found)
    assert found.dies, str(found)


def test_the_figures_in_find_the_flaw_are_computed_ones(bundled_model: Any) -> None:
    found = ILLUSIONS["lens-without-norm"](bundled_model)
    assert found.seen == pytest.approx(31282, rel=0.02)
    assert found.control == pytest.approx(3, abs=1)
