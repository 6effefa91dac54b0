"""The baselines on a model that hides a word, and on one that hides nothing."""

from pathlib import Path

import pytest

from mechmentor.agent.case import Case
from mechmentor.agent.drivers.one_idea import ONE_IDEA, one_idea
from mechmentor.agent.run import RunConfig, start
from mechmentor.app.cli import audit as command


def test_the_command_line_offers_every_one() -> None:
    assert set(command.ONE_IDEA) == set(ONE_IDEA)


@pytest.mark.parametrize("access", ["chat", "target", "base"])
@pytest.mark.parametrize("name", sorted(ONE_IDEA))
def test_each_ends_with_a_counted_status(
    name: str, access: str, case: Case, tmp_path: Path
) -> None:
    limited = case.model_copy(
        update={"access": access, "base": case.base if access == "base" else None}
    )
    state = start(tmp_path / "run", limited, RunConfig(name), lambda c: one_idea(c.driver))
    assert state.status in ("claimed", "abstained"), state.status_reason
    failures = [str(e.failure) for e in state.experiments if e.failure]
    assert not failures


@pytest.mark.parametrize("name", sorted(ONE_IDEA))
def test_none_claims_on_a_null(name: str, null_case: Case, tmp_path: Path) -> None:
    state = start(tmp_path / "run", null_case, RunConfig(name), lambda c: one_idea(c.driver))
    assert state.status == "abstained"
