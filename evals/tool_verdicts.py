"""Each tool's own verdict on every model of the suite, one line at a time, so that it goes on."""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any, Literal

from ..tools import catalog
from ..tools.calibration import Counts
from ..tools.runner import ResultCache, keep, run_tool
from ..tools.spec import Failure, Frozen
from ..tools.workbench import Workbench
from .intervals import exact

Kind = Literal["organism", "null_trained", "identical"]
SEALED = Path(__file__).parent / "organisms" / "sealed"


class Verdict(Frozen):
    """One tool on one model, at the tool's default arguments.

    Attributes:
        beyond: What its control said; None where it draws no verdict or failed.
        failed: The failure's one line, if it failed.
        seconds: What the call took; None where an audit had made the same call before.
    """

    model: str
    kind: Kind
    tool: str
    version: int
    beyond: bool | None
    summary: str = ""
    failed: str | None = None
    seconds: float | None = None


def judged() -> list[str]:
    """Tools that act on a model and can be called with no arguments at all."""
    out = []
    for name in catalog.CATALOG:
        tool = catalog.load(name)
        required = [f for f in tool.args.model_fields.values() if f.is_required()]
        if tool.need is Workbench and not required:
            out.append(name)
    return out


def kind_of(model: str) -> Kind:
    """Whether a model of the suite hides something. Evaluations may know; audits never ask."""
    found: Kind = json.loads((SEALED / f"{model}.json").read_text(encoding="utf-8"))["kind"]
    return found


def done(file: Path) -> list[Verdict]:
    """Verdicts in a file; a last line that was cut off is left out."""
    if not file.exists():
        return []
    out = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            out.append(Verdict.model_validate_json(line))
        except ValueError:
            continue
    return out


def missing(model: str, tools: Sequence[str], verdicts: Iterable[Verdict]) -> list[str]:
    """Tools without a verdict on this model in their present version."""
    have = {(v.model, v.tool, v.version) for v in verdicts}
    return [t for t in tools if (model, t, catalog.load(t).version) not in have]


def measure(
    bench: Workbench, model: str, kind: Kind, tool: str, cache: ResultCache | None = None
) -> Verdict:
    """Run one tool with its defaults, or look the same call up, and keep what its control says."""
    outcome = run_tool(tool, {}, bench=bench, cache=cache)
    if cache is not None:
        keep(outcome, tool, bench, cache)
    value = outcome.value
    looked_up = not isinstance(value, Failure) and value.cached
    same: dict[str, Any] = {
        "model": model,
        "kind": kind,
        "tool": tool,
        "version": catalog.load(tool).version,
        "seconds": None if looked_up else round(outcome.cost.seconds, 2),
    }
    if isinstance(value, Failure):
        return Verdict(beyond=None, failed=str(value), **same)
    beyond = value.control.beyond if value.control else None
    return Verdict(beyond=beyond, summary=value.summary, **same)


def append(file: Path, verdict: Verdict) -> None:
    """Add one line, on disk before this returns."""
    file.parent.mkdir(parents=True, exist_ok=True)
    cut = file.exists() and not file.read_bytes().endswith(b"\n") and file.stat().st_size > 0
    with file.open("a", encoding="utf-8") as out:
        out.write(("\n" if cut else "") + verdict.model_dump_json() + "\n")
        out.flush()
        os.fsync(out.fileno())


def count(verdicts: Iterable[Verdict]) -> dict[str, Counts]:
    """Counts by tool in its present version; what drew no verdict does not count.

    A tool without a verdict on any trained model has none to tell about: left out.
    """
    rows: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        now = verdict.tool in catalog.CATALOG and catalog.load(verdict.tool).version
        if verdict.version == now and verdict.beyond is not None:
            rows.setdefault(verdict.tool, []).append(verdict)
    return {
        name: Counts(
            catalog.load(name).version,
            *(
                figure
                for kind in ("organism", "null_trained", "identical")
                for own in [[v for v in rows[name] if v.kind == kind]]
                for figure in (sum(bool(v.beyond) for v in own), len(own))
            ),
        )
        for name in catalog.CATALOG
        if any(v.kind != "identical" for v in rows.get(name, []))
    }


def seconds(verdicts: Iterable[Verdict]) -> dict[str, float]:
    """Median seconds of each tool at its default arguments, in its present version."""
    rows: dict[str, list[float]] = {}
    for v in verdicts:
        now = v.tool in catalog.CATALOG and v.version == catalog.load(v.tool).version
        if now and v.seconds is not None:
            rows.setdefault(v.tool, []).append(v.seconds)
    return {name: median(rows[name]) for name in catalog.CATALOG if name in rows}


def write(file: Path, found: dict[str, Counts]) -> None:
    """Write the table that is shipped."""
    body = {name: asdict(row) for name, row in found.items()}
    file.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")


def line(name: str, row: Counts) -> str:
    """One tool: hits and false alarms with exact 95% bounds."""
    hits, alarms = exact(row.hits, row.organisms), exact(row.alarms, row.nulls)
    same = f"{row.identical_alarms}/{row.identical}"
    return f"{name:<26} hits {hits.shown()}  nulls {alarms.shown()}  identical {same}"
