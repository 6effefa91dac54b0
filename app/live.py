"""What an audit is doing, while it does it: one line an experiment, all on standard error."""

import json
import threading
import time
from typing import Any, TextIO

from rich.console import Console
from rich.status import Status
from rich.text import Text

from ..agent.state import Experiment, RunState
from ..tools.view import visible, wrap

SPINNER_AFTER = 2.0  # seconds; what is faster needs no progress
PLAIN_EVERY = 10.0  # seconds between progress lines where there is no terminal
_STYLES = {"beyond": "bold green", "within": "yellow", "failed": "red"}


class LiveView:
    """Prints a run as it happens.

    With a terminal: colours (unless NO_COLOR is set), wrapped lines, and a spinner for whatever
    takes over two seconds. Without one: plain lines.
    """

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False, soft_wrap=True)
        self._stream = stream
        self._lively = self._console.is_terminal and not self._console.is_dumb_terminal
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self._status: Status | None = None
        self._busy = ""
        self._since: float | None = None
        self._printed = 0.0

    def on_event(self, record: dict[str, Any], state: RunState) -> None:
        """Take in one record of the tape and the state after it."""
        match record["kind"]:
            case "run":
                self.say(_opening(record, state))
            case "decision":
                if record["reason"]:
                    self._line(f"     because {_one_line(record['reason'])}", "dim")
            case "start":
                self._work(f"{record['id']} {record['tool']}")
            case "ask":
                self._work(f"waiting for {record['model']}")
            case "reply":
                self._rest()
            case "end":
                self._rest()
                experiment = state.find(record["id"])
                if experiment is not None:
                    self._experiment(experiment, state)
            case "note":
                self._line(f"     note: {_one_line(record['text'])}", "yellow")
            case "status":
                self._rest()
                self._line(_ending(state), "bold")

    def on_progress(self, done: int, total: int, what: str) -> None:
        """Take in how far a slow tool is."""
        now = time.monotonic()
        with self._lock:
            if self._since is None:
                self._since, self._printed = now, now
            text = f"{self._busy} {done:,} of {total:,} {visible(what)}".strip()
            if self._status is not None:
                self._status.update(Text(text))
            elif self._lively and now - self._since >= SPINNER_AFTER:
                self._spin(text)
            elif not self._lively and now - self._printed >= PLAIN_EVERY:
                self._printed = now
                self._line(f"     {text}")

    def say(self, text: str) -> None:
        """Print a notice."""
        self._line(_one_line(text))

    def close(self) -> None:
        """End whatever is shown as running."""
        self._rest()

    def _experiment(self, experiment: Experiment, state: RunState) -> None:
        line = experiment_line(experiment, state)
        if not self._console.is_terminal:
            self._line(line)
            return
        head, *rest = wrap(line, max(self._console.width - 5, 40))
        text = Text("\n".join([head, *(f"     {piece.lstrip()}" for piece in rest)]))
        text.stylize("bold", 0, line.index("("))
        for word, style in _STYLES.items():
            text.highlight_regex(rf"\[(?:[^\]]* )?{word}\b[^\]]*\]", style)
        with self._lock:
            self._console.print(text)

    def _line(self, text: str, style: str = "") -> None:
        with self._lock:
            if self._console.is_terminal:
                self._console.print(Text(text, style=style))
            else:
                print(text, file=self._stream, flush=True)

    def _work(self, what: str) -> None:
        """Something started; a spinner appears if it lasts."""
        self._rest()
        with self._lock:
            self._busy, self._since = what, time.monotonic()
            self._printed = self._since
            if self._lively:
                self._timer = threading.Timer(SPINNER_AFTER, self._spin, [what])
                self._timer.daemon = True
                self._timer.start()

    def _spin(self, what: str) -> None:
        with self._lock:
            if self._status is None and self._since is not None:
                self._status = self._console.status(Text(what), spinner="dots")
                self._status.start()

    def _rest(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            if self._status is not None:
                self._status.stop()
            self._timer, self._status, self._since, self._busy = None, None, None, ""


def experiment_line(experiment: Experiment, state: RunState) -> str:
    """One line: id, tool, arguments, result, control, verdicts, cost, what was left then."""
    gist = _one_line(experiment.summary)
    parts = [f"{experiment.id:<4} {experiment.tool}({short_arguments(experiment.args)})", gist]
    marks = [control_mark(experiment)]
    marks += [
        f"{v.hypothesis} {v.state}"
        for v in state.ledger.verdicts()
        if v.experiment == experiment.id and experiment.done
    ]
    parts += [f"[{mark}]" for mark in marks if mark]
    cost = f"{_count(experiment.tokens)} tokens, {experiment.seconds:.1f} s"
    left = _left_after(experiment, state)
    parts.append(f"({cost}; left {left})" if left else f"({cost})")
    return "  ".join(parts)


def control_mark(experiment: Experiment) -> str:
    """What the control says, in three words; empty where there is none."""
    if experiment.failure is not None:
        return f"failed: {experiment.failure.code}"
    control = (experiment.result or {}).get("control")
    if not control or control.get("absent") or control.get("beyond") is None:
        return ""
    return "beyond control" if control["beyond"] else "within control"


def short_arguments(arguments: dict[str, Any] | str, room: int = 60) -> str:
    """Arguments in a few words: those that are set, each cut."""
    if isinstance(arguments, str):
        return _cut(_one_line(arguments), room)
    given = {k: v for k, v in arguments.items() if v not in (None, "", [], {})}
    return _cut(", ".join(f"{k}={_short(v)}" for k, v in given.items()), room)


def _short(value: Any) -> str:
    if isinstance(value, list) and len(value) > 2:
        return f"[{len(value)} items]"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _cut(_one_line(text), 28)


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"


def _one_line(text: str) -> str:
    return " ".join(visible(text).split())


def _count(number: float) -> str:
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.0f}"


def _left_after(experiment: Experiment, state: RunState) -> str:
    """What was left of the budget once this experiment had ended."""
    if state.case is None:
        return ""
    budget = state.case.budget
    until = state.experiments[: experiment.number]
    tokens = sum(e.tokens for e in until)
    parts = []
    if budget.calls is not None:
        parts.append(f"{max(budget.calls - len(until), 0)} calls")
    if budget.tokens is not None:
        parts.append(f"{_count(max(budget.tokens - tokens, 0))} tokens")
    latest = [e for e in state.experiments if e.done][-1:]
    if latest == [experiment] and budget.dollars is not None:
        parts.append(
            "unknown dollars"
            if state.spend.unknown
            else f"${max(budget.dollars - state.spend.dollars, 0):.4f}"
        )
    return ", ".join(parts)


def _opening(record: dict[str, Any], state: RunState) -> str:
    case = state.case
    if case is None:
        return "run"
    limits = ", ".join(
        f"{_count(v) if k == 'tokens' else f'{v:,.10g}'} {k}"
        for k, v in case.budget.model_dump().items()
        if v is not None
    )
    asked = f"; question: {case.question}" if case.question else ""
    return (
        f"case {case.id}, access {case.access}, driver {record['driver']}, "
        f"seed {record['seed']}, budget {limits or 'without limit'}{asked}"
    )


def _ending(state: RunState) -> str:
    k, m = state.ledger.score()
    spend = state.spend
    parts = [f"{spend.calls} calls", f"{_count(spend.tokens)} tokens", f"{spend.seconds:.0f} s"]
    if spend.dollars or spend.unknown:
        unknown = f" and {spend.unknown} replies of unknown price" if spend.unknown else ""
        parts.append(f"${spend.dollars:.4f}{unknown}")
    hypotheses = f"{k} of {m} hypotheses came true; " if m else ""
    reason = _one_line(state.status_reason)
    told = reason.lower().startswith(f"{state.status}:")
    return f"{'' if told else f'{state.status}: '}{reason} ({hypotheses}{', '.join(parts)})"
