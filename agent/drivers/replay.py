"""A driver that takes the decisions of another run, in order."""

from ..driver import Decision, RunView
from ..state import Call, RunState


class Replay:
    """Repeats the calls of a finished run."""

    name = "replay"

    def __init__(self, old: RunState) -> None:
        self.old = old

    def decide(self, run: RunView) -> Decision:
        """The next call of the old run."""
        done = len(run.state.experiments)
        if done >= len(self.old.experiments):
            return Decision(stop=self.old.stopped or "the replayed run ends here")
        experiment = self.old.experiments[done]
        return Decision((Call(experiment.tool, experiment.args),), experiment.reason)
