"""Make a lost handle again by re-executing the experiment that it is named after."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..tools.runner import run_tool
from .state import RunState

if TYPE_CHECKING:
    from ..tools.workbench import Workbench


def remaker(state: RunState, bench: "Workbench") -> Callable[[str], None]:
    """A function that puts the handle of a name back onto the bench, if the tape knows how."""

    def remake(name: str) -> None:
        experiment = state.find(f"E{name.rsplit(':', 1)[-1]}")
        if experiment is None or experiment.result is None:
            return
        kept = bench.experiment
        bench.experiment = experiment.number
        run_tool(experiment.tool, experiment.args, bench=bench, ledger=state.ledger)
        bench.experiment = kept

    return remake
