"""Claims nothing, ever: what honesty alone scores."""

from ...case import Case
from ..scripted import Procedure
from ..steps import step
from .ending import submit


def audit(case: Case) -> Procedure:
    """One look, so that the run counts; then nothing."""
    yield step("sample_replies", "One look at the target, so that the run counts.")
    yield submit(None)
