"""The agent: think → act → think … → conclude, over a tape.

LangGraph runs it without a checkpointer: everything that must survive a crash is on the tape before
the next thing happens, and a resumed run is the same graph started on the folded tape.
"""

import hashlib
import json
import platform
import time
from collections.abc import Callable, Hashable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

from langgraph.graph import END, START, StateGraph

from ..tools.runner import ResultCache, keep, rounded, run_tool
from ..tools.spec import Chat, Failure, Message, Reply
from .driver import Decision, Driver, DriverFailed, RunView
from .remake import remaker
from .state import Experiment, RunState, Status, plain
from .tape import Record, Tape

if TYPE_CHECKING:
    from ..tools.study.contexts.library import Library
    from ..tools.workbench import Workbench

MAX_STEPS = 10_000
OnEvent = Callable[[Record, RunState], None]


class _State(TypedDict):
    next: str


@dataclass
class Session:
    """A run in progress: its tape, its fold, the workbench and the driver.

    Attributes:
        tape: Open for writing, header already on it.
        bench: The models; None in a talk until a tool needs them.
        driver: Who decides.
        cache: Result cache, or None.
        on_event: Told of every record after it is on disk.
        on_text: Told of a language model's words as they arrive.
        library: The learner's contexts, in a talk.
        open_bench: Loads the models when the named tool is the first to need them.
    """

    tape: Tape
    bench: "Workbench | None"
    driver: Driver
    cache: ResultCache | None = None
    on_event: OnEvent = lambda record, state: None
    on_text: Callable[[str], None] | None = None
    library: "Library | None" = None
    open_bench: "Callable[[str], Workbench | None]" = lambda tool: None
    state: RunState = field(default_factory=RunState)

    def __post_init__(self) -> None:
        self.state = RunState.from_tape(self.tape.records)
        if self.bench is not None:
            self._settle(self.bench)

    def _settle(self, bench: "Workbench") -> None:
        bench.remake = remaker(self.state, bench)
        for experiment in self.state.experiments:
            self._note_handles(experiment)

    def record(self, kind: str, *, sync: bool = True, **fields: Any) -> None:
        """Append to the tape, fold, tell."""
        written = self.tape.append(kind, sync=sync, **fields)
        self.state.fold(written)
        self.on_event(written, self.state)

    def think(self, state: _State) -> _State:
        """Ask the driver, unless decided calls still wait."""
        if self.state.pending:
            return {"next": "act"}
        if self.state.stopped is not None or self._submitted() or self.state.exhausted():
            return {"next": "conclude"}
        if self.state.role == "tutor" and self.state.answered:
            return {"next": "conclude"}
        view = RunView(self.state, self._ask, lambda text: self.record("note", text=text))
        try:
            decision = self.driver.decide(view)
        except DriverFailed as failed:
            decision = Decision(stop=f"driver failed: {failed}")
        calls = [
            {"tool": c.tool, "arguments": c.arguments, "call_id": i}
            for c, i in zip(decision.calls, _ids(decision), strict=True)
        ]
        stop = decision.stop if decision.calls == () else None
        if not calls and stop is None and not (decision.again or decision.answer):
            stop = "driver failed: it decided nothing"
        # No wait here and at the start of a call: what the decision came from (a reply, the ends
        # before it) is on disk, and a process that is killed loses nothing that was written.
        answer = {"answer": True} if decision.answer else {}
        self.record(
            "decision", sync=False, calls=calls, reason=decision.reason, stop=stop, **answer
        )
        if decision.again:
            return {"next": "think"}
        return {"next": "act" if calls else "conclude"}

    def act(self, state: _State) -> _State:
        """Run the next decided call; its end is on disk before anything else happens."""
        experiment = self.state.pending[0]
        if self.state.exhausted():
            return {"next": "conclude"}
        if self.state.started != experiment.id:  # else the process died in it: once is enough
            self.record("start", sync=False, id=experiment.id, tool=experiment.tool)
        tokens_left = self.state.left().get("tokens")
        bench = self._bench_for(experiment)
        if bench is not None:
            bench.experiment = experiment.number
        most = None if tokens_left is None else int(tokens_left)
        with bench.meter.limited(most) if bench is not None else nullcontext():
            outcome = run_tool(
                experiment.tool,
                experiment.args,
                bench=bench,
                ledger=self.state.ledger,
                library=self.library,
                cache=self.cache,
            )
        value = outcome.value
        body = (
            {"failure": plain(value)}
            if isinstance(value, Failure)
            else {"result": rounded(plain(value))}
        )
        self.record(
            "end",
            id=experiment.id,
            tool=experiment.tool,
            args=outcome.arguments,
            tokens=outcome.cost.tokens,
            seconds=round(outcome.cost.seconds, 3),
            **body,
        )
        self._note_handles(experiment)
        if self.cache is not None and bench is not None:
            keep(outcome, experiment.tool, bench, self.cache)
        return {"next": "act" if self.state.pending else "think"}

    def conclude(self, state: _State) -> _State:
        """Write the one status that an audit ends with; a talk waits for its next turn."""
        if self.state.status is None and self.state.role == "auditor":
            status, reason = final_status(self.state)
            self.record("status", status=status, reason=reason)
        return {"next": END}

    def run(self) -> RunState:
        """Go on from wherever the tape stands until there is a status."""
        if self.state.status is None:
            build_graph(self).invoke({"next": "think"}, {"recursion_limit": MAX_STEPS})
        return self.state

    def _submitted(self) -> bool:
        return any(e.tool == "submit_claims" and e.result for e in self.state.experiments)

    def _ask(
        self, chat: Chat, messages: list[Message], tools: list[dict[str, Any]] | None
    ) -> Reply:
        if self.state.last_reply is not None:
            return Reply.model_validate(self.state.last_reply)
        body = json.dumps([[plain(m) for m in messages], tools], sort_keys=True)
        request = hashlib.sha256(body.encode()).hexdigest()
        self.record("ask", request=request, model=chat.model, messages=len(messages))
        started = time.perf_counter()
        reply = chat.complete(messages, tools, self.on_text)
        seconds = round(time.perf_counter() - started, 3)
        self.record("reply", reply=plain(reply), seconds=seconds)
        return reply

    def _note_handles(self, experiment: Experiment) -> None:
        result = experiment.open_result()
        if self.bench is not None and result is not None:
            for handle in result.handles:
                self.bench.store.note(handle)

    def _bench_for(self, experiment: Experiment) -> "Workbench | None":
        """The models, loaded once a tool needs them."""
        if self.bench is None:
            self.bench = self.open_bench(experiment.tool)
            if self.bench is not None:
                if "fingerprint" not in self.state.header:
                    host = {"machine": platform.machine()}
                    self.record("models", fingerprint=self.bench.fingerprint(), host=host)
                self._settle(self.bench)
        return self.bench


def build_graph(session: Session) -> Any:
    """The compiled graph of a session."""
    graph = StateGraph(_State)
    graph.add_node("think", session.think)
    graph.add_node("act", session.act)
    graph.add_node("conclude", session.conclude)
    graph.add_edge(START, "think")
    choices: dict[Hashable, str] = {name: name for name in ("think", "act", "conclude")}
    graph.add_conditional_edges("think", lambda s: s["next"], choices)
    graph.add_conditional_edges("act", lambda s: s["next"], choices)
    graph.add_edge("conclude", END)
    return graph.compile()


def final_status(state: RunState) -> tuple[Status, str]:
    """How a run ended, and why, in one sentence."""
    finished = [e for e in state.experiments if e.done]
    health = next((e for e in finished if e.tool == "sanity_check" and e.result), None)
    if health and health.result and not health.result["data"]["passed"]:
        return "invalid", f"the sanity check failed: {health.summary}"
    submitted = next((e for e in finished if e.tool == "submit_claims" and e.result), None)
    touched = any(e.tokens > 0 and e.result for e in finished)
    if submitted and submitted.result:
        if not touched:
            return "invalid", "claims were filed without a single look at the target"
        if submitted.result["data"]["abstained"]:
            return "abstained", submitted.summary
        return "claimed", submitted.summary
    if state.stopped and state.stopped.startswith("driver failed"):
        return "driver_failed", state.stopped
    used_up = state.exhausted()
    if used_up:
        return "out_of_budget", f"no {used_up} left; no claims were filed"
    if finished and all(e.failure for e in finished):
        return "invalid", "every tool call failed"
    return "driver_failed", state.stopped or "the driver stopped without filing claims"


def _ids(decision: Decision) -> list[str | None]:
    ids: list[str | None] = list(decision.call_ids)
    return ids or [None] * len(decision.calls)
