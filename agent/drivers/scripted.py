"""A driver whose procedure anybody can read: a generator of steps, replayed over the tape.

A procedure yields steps and receives finished experiments. Deciding means replaying it over the
experiments on the tape until it asks for one that is not there yet, so it resumes from any point
and decides the same on every machine.
"""

from collections.abc import Callable, Generator

from ..case import Case
from ..driver import Decision, DriverFailed, RunView
from ..state import Experiment

Procedure = Generator[Decision, Experiment, None]


class Scripted:
    """Follows one procedure.

    Attributes:
        name: Of the driver.
    """

    def __init__(self, name: str, procedure: Callable[[Case], Procedure]) -> None:
        self.name = name
        self._procedure = procedure

    def decide(self, run: RunView) -> Decision:
        """Replay the procedure over what has been done; its next step is the decision."""
        assert run.state.case is not None
        procedure = self._procedure(run.state.case)
        decision = next(procedure)
        for experiment in run.state.experiments:
            try:
                decision = procedure.send(experiment)
            except StopIteration:
                raise DriverFailed(f"{self.name} has no further step") from None
        return decision
