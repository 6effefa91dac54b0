"""The state of a run: a fold of its tape, and nothing else."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from ..tools import catalog
from ..tools.ledger import Ledger, Seen
from ..tools.spec import Data, Failure, OpenData, Result
from .case import Budget, Case
from .tape import Record, read

Role = Literal["auditor", "tutor"]
Status = Literal["claimed", "abstained", "out_of_budget", "driver_failed", "invalid"]


@dataclass(frozen=True)
class Call:
    """A tool call that a driver decided on; `arguments` may be raw JSON text."""

    tool: str
    arguments: dict[str, Any] | str


@dataclass
class Experiment:
    """One tool call with its result.

    Attributes:
        id: `E7`.
        tool: The tool's name.
        args: Canonical arguments (as given, where they were refused).
        reason: Why the driver wanted it.
        result: Raw result as it stands on the tape; None while it runs or if it failed.
        failure: The failure, if any.
    """

    id: str
    tool: str
    args: dict[str, Any] | str
    reason: str = ""
    result: dict[str, Any] | None = None
    failure: Failure | None = None
    call_id: str | None = None
    done: bool = False
    tokens: int = 0
    seconds: float = 0.0

    @property
    def number(self) -> int:
        """7 for E7."""
        return int(self.id[1:])

    @property
    def summary(self) -> str:
        """The result in a sentence, or the failure."""
        if self.result is not None:
            return str(self.result["summary"])
        return str(self.failure) if self.failure else "(running)"

    def typed(self) -> Data:
        """The data as the tool's own type (loads the tool).

        Raises:
            ValueError: If the experiment failed.
        """
        if self.result is None:
            raise ValueError(f"{self.id} has no result: {self.failure}")
        data: Data = catalog.load(self.tool).data.model_validate(self.result["data"])
        return data

    def open_result(self) -> Result[OpenData] | None:
        """The result for readers that do not load the tool."""
        return None if self.result is None else Result[OpenData].model_validate(self.result)


@dataclass
class Exchange:
    """One question to a language model and what came back (None: the reply was never seen).

    `turn` counts the person's turns before it; audits have none.
    """

    request: str
    model: str
    reply: dict[str, Any] | None = None
    seconds: float = 0.0
    turn: int = 0


@dataclass(frozen=True)
class Turn:
    """What a person said in a talk, and how it is to be answered."""

    text: str
    mode: str


@dataclass
class Spend:
    """What a run has cost so far.

    `unknown` counts replies whose price is not known; `looked_up` counts calls that were kept from
    an earlier run: their tokens are charged again, their seconds are those of looking them up.
    """

    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0
    dollars: float = 0.0
    unknown: int = 0
    looked_up: int = 0


@dataclass
class RunState:
    """All that a tape says, folded.

    Attributes:
        role: Whether it audits or teaches.
        case: The case; a talk has none.
        turns: What the person said, in a talk.
        answered: Whether the last turn has its answer.
        driver: The driver's name.
        experiments: In order.
        ledger: Hypotheses, verdicts, claims.
        pending: Calls that were decided and have not ended.
        started: The experiment that was started last.
        exchanges: Questions to a language model.
        decided: Number of decisions on the tape.
        notes: Notices for the reader (a fallback, a hint from a person).
        status: How the run ended, or None.
    """

    header: dict[str, Any] = field(default_factory=dict)
    role: Role = "auditor"
    case: Case | None = None
    turns: list[Turn] = field(default_factory=list)
    answered: bool = True
    driver: str = ""
    experiments: list[Experiment] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    pending: list[Experiment] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    unanswered: int = 0
    started: str | None = None
    decided: int = 0
    last_reply: dict[str, Any] | None = None
    stopped: str | None = None
    notes: list[str] = field(default_factory=list)
    status: Status | None = None
    status_reason: str = ""
    spend: Spend = field(default_factory=Spend)

    @classmethod
    def from_tape(cls, records: list[Record]) -> "RunState":
        """Fold records into a state."""
        state = cls()
        for record in records:
            state.fold(record)
        return state

    @classmethod
    def from_folder(cls, folder: Path) -> "RunState":
        """Fold the tape of a run folder.

        Raises:
            TapeError: If there is no whole tape.
        """
        return cls.from_tape(read(folder / "tape.jsonl"))

    def fold(self, record: Record) -> None:
        """Take in one record."""
        match record["kind"]:
            case "run":
                self.header = record
                self.role = record.get("role", "auditor")
                self.case = Case.model_validate(record["case"]) if "case" in record else None
                self.driver = record["driver"]
            case "models":
                self.header = {**self.header, **record}
            case "user":
                self.turns.append(Turn(record["text"], record["mode"]))
                self.answered = False
            case "ask":
                self._unanswered_ask()
                self.exchanges.append(
                    Exchange(record["request"], record["model"], turn=len(self.turns))
                )
                self.unanswered = 1
            case "reply":
                self._reply(record)
            case "decision":
                self._decision(record)
            case "start":
                self.started = record["id"]  # without its end it runs again under the same id
            case "end":
                self._end(record)
            case "note":
                self.notes.append(record["text"])
            case "status":
                self.status = record["status"]
                self.status_reason = record["reason"]

    def find(self, experiment_id: str) -> Experiment | None:
        """The experiment of an id."""
        return next((e for e in self.experiments if e.id == experiment_id), None)

    def left(self) -> dict[str, float | None]:
        """What is left of each budget; None where there is no limit."""
        budget = self.budget
        if budget is None:
            return {}
        limits = budget.model_dump()
        spent = {
            "calls": self.spend.calls,
            "tokens": self.spend.tokens,
            "seconds": self.spend.seconds,
            "dollars": self.spend.dollars,
        }
        return {k: None if v is None else max(0, v - spent[k]) for k, v in limits.items()}

    @property
    def budget(self) -> Budget | None:
        """What the run may cost: the case's, or a talk's own."""
        if self.case is not None:
            return self.case.budget
        own = self.header.get("budget")
        return Budget.model_validate(own) if own is not None else None

    def spend_after(self, experiment: Experiment) -> str:
        """Budget left after an experiment, in one line that never changes once written."""
        budget = self.budget
        if budget is None:
            return ""
        done = [e for e in self.experiments if e.done and e.number <= experiment.number]
        parts = []
        if budget.calls is not None:
            parts.append(f"{max(0, budget.calls - len(done))} calls")
        if budget.tokens is not None:
            rest = max(0, budget.tokens - sum(e.tokens for e in done))
            parts.append(f"{rest} forward tokens")
        return f"left: {', '.join(parts)}" if parts else ""

    def exhausted(self) -> str | None:
        """The name of a budget that is used up, or None."""
        left = self.left()
        if left.get("dollars") is not None and self.spend.unknown:
            return "dollars (the price of a reply is not known)"
        return next((name for name, rest in left.items() if rest is not None and rest <= 0), None)

    def _unanswered_ask(self) -> None:
        # The process or the connection died between asking and reading: the money may be spent,
        # how much is unknown.
        self.spend.unknown += self.unanswered
        self.unanswered = 0

    def _reply(self, record: Record) -> None:
        self.unanswered = 0
        exchange = self.exchanges[-1]
        exchange.reply, exchange.seconds = record["reply"], record["seconds"]
        self.last_reply = record["reply"]
        self.spend.seconds += record["seconds"]
        dollars = record["reply"]["usage"]["dollars"]
        if dollars is None:
            self.spend.unknown += 1
        else:
            self.spend.dollars += dollars

    def _decision(self, record: Record) -> None:
        self._unanswered_ask()
        self.decided += 1
        self.last_reply = None
        self.stopped = record.get("stop")
        self.answered = self.answered or bool(record.get("answer"))
        for call in record["calls"]:
            experiment = Experiment(
                id=f"E{len(self.experiments) + 1}",
                tool=call["tool"],
                args=call["arguments"],
                reason=record["reason"],
                call_id=call.get("call_id"),
            )
            self.experiments.append(experiment)
            self.pending.append(experiment)

    def _end(self, record: Record) -> None:
        experiment = self.pending.pop(0)
        assert experiment.id == record["id"], "tape out of order"
        experiment.done = True
        experiment.args = record["args"]
        experiment.result = record.get("result")
        failure = record.get("failure")
        experiment.failure = Failure.model_validate(failure) if failure else None
        experiment.tokens, experiment.seconds = record["tokens"], record["seconds"]
        self.spend.calls += 1
        self.spend.tokens += record["tokens"]
        self.spend.seconds += record["seconds"]
        dollars = (experiment.result or {}).get("cost", {}).get("dollars", 0.0)
        self.spend.dollars += dollars or 0.0
        self.spend.unknown += dollars is None
        self.spend.looked_up += bool((experiment.result or {}).get("cached"))
        data = experiment.result["data"] if experiment.result else None
        args = experiment.args if isinstance(experiment.args, dict) else {"raw": experiment.args}
        self.ledger.add(Seen(experiment.number, experiment.tool, args, data))


def plain(value: BaseModel) -> dict[str, Any]:
    """A model as JSON data."""
    return value.model_dump(mode="json")
