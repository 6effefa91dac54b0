"""The report of a run: one HTML page that works offline, made from the tape alone."""

import base64
import datetime
import hashlib
import json
import os
from collections.abc import Sequence
from importlib import resources
from pathlib import Path, PurePath
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from ..agent.state import RunState
from ..agent.tape import read
from ..tools.view import page_css, view_html, visible
from .report_facts import ToolCost, costs, drawn_replies, untried, used_of_budget
from .report_shown import headline, shown, shown_claims

MOST_BYTES = 3_000_000
# Raw data kept of each experiment (characters), and which experiments keep their drawing: tried in
# order until the page is small enough.
_LEVELS = ((60_000, "all"), (12_000, "all"), (2_500, "all"), (2_500, "cited"), (800, "none"))
_SCRIPT = (
    "function show(){var t=location.hash&&document.getElementById(location.hash.slice(1));"
    "if(t&&t.tagName==='DETAILS')t.open=true}"
    "addEventListener('hashchange',show);show();"
    "addEventListener('beforeprint',function(){"
    "document.querySelectorAll('details.exp').forEach(function(d){d.open=true})})"
)


def write_report(
    run_folder: Path | str,
    out: Path | None = None,
    replies: Sequence[tuple[str, str, str | None]] | None = None,
) -> Path:
    """Write the report of a run, finished or not.

    Args:
        run_folder: The folder with `tape.jsonl`; a `score.json` in it is shown too.
        out: Where to write; `report.html` in the run folder by default.
        replies: Replies to show as (prompt, target, base); else drawn from the run's own.

    Returns:
        Where the page was written; it has at most 3 MB.

    Raises:
        TapeError: If there is no whole tape.
    """
    folder = Path(run_folder)
    out = out or folder / "report.html"
    page = render(folder, replies)
    temporary = out.with_name(f".{out.name}.part")
    temporary.write_text(page, encoding="utf-8")
    os.replace(temporary, out)
    return out


def render(folder: Path, replies: Sequence[tuple[str, str, str | None]] | None = None) -> str:
    """The page as text, cut until it is small enough."""
    records = read(folder / "tape.jsonl")
    state = RunState.from_tape(records)
    cited = _citations(state)
    verdicts = state.ledger.verdicts()
    whole = [shown(e, verdicts, cited.get(e.id, [])) for e in state.experiments]
    score_file = folder / "score.json"
    sample, sample_line = drawn_replies(state, replies)
    k, m = state.ledger.score()
    facts = {
        "css": Markup(page_css()),
        "script": Markup(_SCRIPT),
        "script_hash": base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode(),
        "name": folder.resolve().name,
        "state": state,
        "case": state.case,
        "target": _bare_name(state.case.target) if state.case else "unknown",
        "base": _bare_name(state.case.base) if state.case and state.case.base else None,
        "header": state.header,
        "headline": headline(state),
        "tone": "found" if state.status in ("claimed", "abstained") else "none",
        "when": _when(records),
        "claims": shown_claims(state, {e.id: e for e in whole}),
        "none_confidence": state.ledger.none_confidence,
        "k": k,
        "m": m,
        "filed": (
            f"{k} of {m} hypotheses that were filed before their test came true."
            if m
            else "No hypothesis was filed."
        ),
        "hypotheses": list(zip(state.ledger.hypotheses, verdicts, strict=True)),
        "warnings": _warnings(state),
        "replies": Markup(view_html(sample, style=False)) if sample.items else None,
        "sample_line": sample_line,
        "tools": costs(state),
        "total": ToolCost.total(costs(state)),
        "budget": used_of_budget(state),
        "untried": untried(state),
        "score": _score(score_file) if score_file.exists() else None,
        "tape_hash": records[-1]["hash"] if records else "",
        "records": len(records),
    }
    template = _template()
    page = ""
    for level in _LEVELS:
        kept = [s.smaller(e, *level) for s, e in zip(whole, state.experiments, strict=True)]
        if level != _LEVELS[-1] and sum(len(s.raw) + len(s.body) for s in kept) > MOST_BYTES:
            continue
        page = template.render(**facts, experiments=kept, cut=level != _LEVELS[0])
        if len(page.encode()) <= MOST_BYTES:
            break
    return page


def _citations(state: RunState) -> dict[str, list[str]]:
    cited: dict[str, list[str]] = {}
    for number, claim in enumerate(state.ledger.claims, start=1):
        for experiment in claim.experiments:
            cited.setdefault(experiment, []).append(f"C{number}")
    return cited


def _warnings(state: RunState) -> list[tuple[str, list[str]]]:
    """Each warning with the experiments that gave it."""
    found: dict[str, list[str]] = {}
    for experiment in state.experiments:
        for warning in (experiment.result or {}).get("warnings", []):
            found.setdefault(visible(warning), []).append(experiment.id)
    return list(found.items())


def _score(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_text(encoding="utf-8"))
    marks = {k: found[k] for k in ("hit", "holds", "match") if k in found}
    line = visible(str(found.get("line", "")))
    return {"marks": marks, "line": line, "raw": visible(json.dumps(found, indent=1), True)}


def _when(records: list[dict[str, Any]]) -> str:
    if not records:
        return ""
    start = datetime.datetime.fromtimestamp(records[0]["time"], datetime.UTC)
    return start.strftime("%Y-%m-%d %H:%M UTC")


def _bare_name(source: str) -> str:
    """A model's name without the folders of the machine that it was audited on."""
    path = PurePath(source)
    return path.name if path.is_absolute() else source


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 or share == 0 else f"{share:.1%}"


def _template() -> Any:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["percent"] = _percent
    source = resources.files(__package__).joinpath("report.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source)
