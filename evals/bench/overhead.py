"""What the agent adds to a step that does nothing, beside LangGraph's own cost."""

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph

from ...agent.case import Budget, Case
from ...agent.driver import Decision, RunView
from ...agent.graph import Session
from ...agent.state import Call
from ...agent.tape import Tape

ROUNDS = 5


class _Idle:
    """Decides on a ledger call that is refused at once, `steps` times."""

    name = "idle"

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def decide(self, run: RunView) -> Decision:
        """One more call that does nothing, or stop."""
        if run.state.decided >= self.steps:
            return Decision(stop="done")
        claims: dict[str, Any] = {"claims": [], "none_confidence": 0.0}
        return Decision((Call("submit_claims", claims),), "nothing")


class _NoBench:
    """A workbench without models: the step does nothing, so none is touched."""

    access = "target"
    experiment = 0
    remake = None

    class meter:  # noqa: N801  # stands in for an attribute
        """No tokens."""

        tokens = 0

        @staticmethod
        def limited(_: float | None) -> Any:
            """No limit."""
            import contextlib

            return contextlib.nullcontext()


class _Counter(TypedDict):
    left: int


def measure(steps: int) -> dict[str, float]:
    """Milliseconds a step, agent and bare graph in turn.

    Args:
        steps: Steps in each graph; a step of either is two nodes (think and act).

    Returns:
        Medians over rounds: `agent_ms`, `bare_ms`, `fsync_ms`, and `rounds`.
    """
    agent, bare, sync = [], [], []
    for _ in range(ROUNDS):
        bare.append(_bare(steps))
        agent.append(_agent(steps))
        sync.append(_fsync(steps))
    return {
        "agent_ms": statistics.median(agent),
        "bare_ms": statistics.median(bare),
        "fsync_ms": statistics.median(sync),
        "rounds": ROUNDS,
    }


def _agent(steps: int) -> float:
    with tempfile.TemporaryDirectory() as folder, Tape(Path(folder)) as tape:
        no_limit = Budget(calls=None, tokens=None, seconds=None, dollars=None)
        case = Case(id="idle", target="none", budget=no_limit)
        tape.append("run", case=case.model_dump(mode="json"), driver="idle", seed=0)
        session = Session(tape, _NoBench(), _Idle(steps))  # type: ignore[arg-type]
        started = time.perf_counter()
        session.run()
        return (time.perf_counter() - started) * 1e3 / steps


def _bare(steps: int) -> float:
    graph = StateGraph(_Counter)
    graph.add_node("think", lambda s: {"left": s["left"]})
    graph.add_node("act", lambda s: {"left": s["left"] - 1})
    graph.add_edge(START, "think")
    graph.add_conditional_edges("think", lambda s: "act" if s["left"] else END)
    graph.add_edge("act", "think")
    compiled = graph.compile()
    started = time.perf_counter()
    compiled.invoke({"left": steps}, {"recursion_limit": 4 * steps + 10})
    return (time.perf_counter() - started) * 1e3 / steps


def _fsync(steps: int) -> float:
    with tempfile.NamedTemporaryFile() as file:
        started = time.perf_counter()
        for _ in range(steps):
            file.write(b"x" * 300)
            file.flush()
            os.fsync(file.fileno())
        return (time.perf_counter() - started) * 1e3 / steps
