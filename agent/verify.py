"""Check a run in two parts: is the tape whole, and do its numbers come out again?

Integrity finds any changed byte, but whoever rewrites a line and rehashes all that follow is not
stopped by it; reproduction re-executes experiments and finds a result that does not come out again.
"""

import json
import platform
import re
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..tools import catalog
from ..tools.runner import rounded, run_tool
from ..tools.spec import Access, Failure
from ..tools.workbench import Workbench
from .remake import remaker
from .state import Experiment, RunState, plain
from .tape import Break, check_chain, read_lines

SAME, OTHER = 1e-4, 1e-2
LEDGER_TOOLS = ("register_hypothesis", "submit_claims")
FORGER = (
    "integrity does not stop a forger who rewrites the hashes; reproduction is the stronger check"
)


@dataclass(frozen=True)
class Difference:
    """One place where a re-executed experiment differs from the tape."""

    path: str
    tape: Any
    again: Any

    def __str__(self) -> str:
        """`data.top_margin: tape 6.3, again 2.1`."""
        return f"{self.path}: tape {_short(self.tape)}, again {_short(self.again)}"


@dataclass
class Check:
    """A re-executed experiment.

    Attributes:
        id: `E7`.
        tool: Its tool.
        differences: Numbers outside the tolerance, or other structure; empty is reproduced.
        texts: (equal, all) sampled texts; on another machine texts may differ.
    """

    id: str
    tool: str
    differences: list[Difference] = field(default_factory=list)
    texts: tuple[int, int] = (0, 0)

    @property
    def ok(self) -> bool:
        """Whether it was reproduced."""
        return not self.differences


@dataclass
class Verification:
    """Both parts of the verdict, kept apart.

    Attributes:
        broken: Where the chain is broken, or None.
        problems: What stands in the way of re-execution (other model, no tape end).
        checks: One for each re-executed experiment.
        tolerance: Relative tolerance used.
        same_machine: Whether threads, dtype, device and machine are those of the tape.
    """

    broken: Break | None = None
    problems: list[str] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    tolerance: float = SAME
    same_machine: bool = True

    @property
    def integrity(self) -> bool:
        """Whether the chain is whole."""
        return self.broken is None

    @property
    def reproduced(self) -> bool:
        """Whether everything that was re-executed came out again, and something was."""
        return not self.problems and bool(self.checks) and all(c.ok for c in self.checks)


def verify(
    folder: Path,
    *,
    everything: bool = False,
    on_check: Callable[[Check], None] = lambda check: None,
) -> Verification:
    """Verify a run folder.

    Args:
        folder: The run folder.
        everything: Re-execute all experiments, not only those that the answer rests on.
        on_check: Told after each experiment.

    Raises:
        FileNotFoundError: If there is no tape.
        ModelError: If a model is refused.
    """
    verdict = Verification()
    lines, _ = read_lines(folder / "tape.jsonl")
    verdict.broken = check_chain(lines)
    records = _readable(lines)
    try:
        state = RunState.from_tape(records)
    except (KeyError, AssertionError, ValueError, IndexError, TypeError) as error:
        verdict.problems.append(f"the tape cannot be folded: {type(error).__name__} {error}")
        return verdict
    if state.case is None and state.role == "auditor":
        verdict.problems.append("the tape has no first record")
        return verdict
    if "fingerprint" not in state.header:
        return verdict  # a talk in which no tool looked at a model: its words cannot be repeated
    with tempfile.TemporaryDirectory(prefix="mechmentor-verify-") as temporary:
        target, base, access = _models(state)
        bench = Workbench.open(
            target,
            base,
            access=access,
            folder=temporary,
            seed=state.header["seed"],
            device=state.header["device"],
            dtype=state.header["dtype"],
            reads_files=False,
        )
        _compare_models(state, bench, verdict)
        bench.remake = remaker(state, bench)
        for experiment in cited(state, everything):
            check = _again(experiment, bench, verdict)
            verdict.checks.append(check)
            on_check(check)
    if not verdict.checks:
        verdict.problems.append("no experiment has a result to re-execute")
    return verdict


def cited(state: RunState, everything: bool = False) -> list[Experiment]:
    """Experiments that the answer rests on; all of them where it rests on none."""
    wanted = {e for c in state.ledger.claims for e in c.experiments}
    wanted |= {v.experiment for v in state.ledger.verdicts() if v.experiment}
    able = [e for e in state.experiments if e.result and e.tool not in LEDGER_TOOLS]
    if state.role == "tutor":  # contexts are not the models' to reproduce
        able = [e for e in able if catalog.load(e.tool).need is Workbench]
    chosen = [e for e in able if e.id in wanted]
    return able if everything or not chosen else chosen


def _again(experiment: Experiment, bench: Workbench, verdict: Verification) -> Check:
    bench.experiment = experiment.number
    outcome = run_tool(experiment.tool, experiment.args, bench=bench)
    check = Check(experiment.id, experiment.tool)
    if isinstance(outcome.value, Failure):
        check.differences.append(Difference("result", "a result", str(outcome.value)))
        return check
    assert experiment.result is not None
    again = rounded(plain(outcome.value))
    equal = total = 0
    for part in ("data", "control", "summary", "handles"):
        found = list(compare(experiment.result.get(part), again.get(part), verdict.tolerance, part))
        for difference in found:
            text = isinstance(difference.tape, str) and isinstance(difference.again, str)
            if text and not verdict.same_machine:
                total += 1
            else:
                check.differences.append(difference)
    texts = list(_texts(experiment.result.get("data")))
    equal, total = len(texts) - total, len(texts)
    check.texts = (max(equal, 0), total)
    return check


def compare(tape: Any, again: Any, tolerance: float, path: str) -> Iterable[Difference]:
    """Differences between two JSON values; numbers to a relative tolerance."""
    if isinstance(tape, dict) and isinstance(again, dict):
        for key in sorted({*tape, *again}):
            yield from compare(tape.get(key), again.get(key), tolerance, f"{path}.{key}")
    elif isinstance(tape, list) and isinstance(again, list) and len(tape) == len(again):
        for index, (a, b) in enumerate(zip(tape, again, strict=True)):
            yield from compare(a, b, tolerance, f"{path}.{index}")
    elif _number(tape) and _number(again):
        if abs(tape - again) > tolerance * max(abs(tape), abs(again)) + tolerance / 10:
            yield Difference(path, tape, again)
    elif isinstance(tape, str) and isinstance(again, str) and path == "summary":
        if _WORDS.sub("", tape) != _WORDS.sub("", again):
            yield Difference(path, tape, again)
    elif tape != again:
        yield Difference(path, tape, again)


_WORDS = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")  # a summary may differ in the last digit of a number


def _models(state: RunState) -> tuple[str, str | None, Access]:
    if state.case is not None:
        return state.case.target, state.case.base, state.case.access
    base = state.header["base"]
    return state.header["target"], base, "base" if base else "target"


def _compare_models(state: RunState, bench: Workbench, verdict: Verification) -> None:
    tape, here = state.header["fingerprint"], bench.fingerprint()
    for name in ("target", "base"):
        if tape[name] != here[name]:
            verdict.problems.append(
                f"another {name} model: tape {str(tape[name])[:12]}, here {str(here[name])[:12]}"
            )
    equal = all(tape[k] == here[k] for k in ("device", "dtype", "threads"))
    verdict.same_machine = equal and state.header["host"]["machine"] == platform.machine()
    verdict.tolerance = SAME if equal else OTHER


def _readable(lines: list[bytes]) -> list[dict[str, Any]]:
    records = []
    for line in lines:
        try:
            records.append(json.loads(line))
        except ValueError:
            break
    return records


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:80]
