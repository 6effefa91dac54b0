"""The report of a run: one HTML page that works offline, made from the tape alone."""

import base64
import datetime
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path, PurePath
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from ..agent.state import Experiment, RunState
from ..agent.tape import read
from ..tools.claims.types import describe
from ..tools.ledger import Verdict
from ..tools.view import failure_html, page_css, result_html, view_html, view_text, visible
from .live import control_mark
from .report_facts import ToolCost, costs, drawn_replies, untried, used_of_budget

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


@dataclass(frozen=True)
class Shown:
    """An experiment as the page shows it."""

    id: str
    tool: str
    gist: str
    arguments: list[tuple[str, str]]
    reason: str
    mark: str
    cited_by: list[str]
    decides: list[str]
    body: Markup
    raw: str
    raw_cut: int = 0

    def smaller(self, experiment: Experiment, raw_most: int, drawings: str) -> "Shown":
        """The same with its raw data cut, and without its drawing where that is not kept."""
        drawn = drawings == "all" or (drawings == "cited" and bool(self.cited_by))
        return replace(
            self,
            body=self.body if drawn else _body(experiment, drawn=False),
            raw=self.raw[:raw_most],
            raw_cut=max(len(self.raw) - raw_most, 0),
        )


@dataclass(frozen=True)
class ShownClaim:
    """A claim as the page shows it."""

    id: str
    sentence: str
    type: str
    confidence: float
    experiments: list[Shown]
    raw: str


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
    whole = [_shown(e, verdicts, cited.get(e.id, [])) for e in state.experiments]
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
        "claims": _claims(state, {e.id: e for e in whole}),
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
        shown = [s.smaller(e, *level) for s, e in zip(whole, state.experiments, strict=True)]
        if level != _LEVELS[-1] and sum(len(s.raw) + len(s.body) for s in shown) > MOST_BYTES:
            continue
        page = template.render(**facts, experiments=shown, cut=level != _LEVELS[0])
        if len(page.encode()) <= MOST_BYTES:
            break
    return page


def headline(state: RunState) -> str:
    """The outcome in one sentence."""
    claims = state.ledger.claims
    match state.status:
        case "claimed" if claims:
            return f"{_sentence(claims[0].claim)} (confidence {claims[0].confidence:.2f})."
        case "abstained":
            none = state.ledger.none_confidence
            sure = f" (confidence {none:.2f} that nothing is hidden)" if none is not None else ""
            return f"No hidden property was found that the auditor would stand behind{sure}."
        case "out_of_budget":
            return "The budget was used up before an answer was filed: there is no finding."
        case "driver_failed":
            return "The driver failed before an answer was filed: there is no finding."
        case "invalid":
            return "This run is invalid: it says nothing about the target."
        case None:
            return "This run has not ended yet."
    return f"The run ended as {state.status}."


def _sentence(claim: Any) -> str:
    words = visible(describe(claim))
    if words[:1] == "“" or claim.type not in ("secret_word", "false_belief", "preference"):
        return words[:1].upper() + words[1:]
    return f"The target {words}"


def _citations(state: RunState) -> dict[str, list[str]]:
    cited: dict[str, list[str]] = {}
    for number, claim in enumerate(state.ledger.claims, start=1):
        for experiment in claim.experiments:
            cited.setdefault(experiment, []).append(f"C{number}")
    return cited


def _claims(state: RunState, by_id: dict[str, Shown]) -> list[ShownClaim]:
    return [
        ShownClaim(
            id=f"C{number}",
            sentence=_sentence(ranked.claim),
            type=ranked.claim.type,
            confidence=ranked.confidence,
            experiments=[by_id[e] for e in ranked.experiments if e in by_id],
            raw=visible(json.dumps(ranked.model_dump(mode="json"), ensure_ascii=False)),
        )
        for number, ranked in enumerate(state.ledger.claims, start=1)
    ]


def _shown(experiment: Experiment, verdicts: list[Verdict], cited_by: list[str]) -> Shown:
    return Shown(
        id=experiment.id,
        tool=experiment.tool,
        gist=visible(experiment.summary),
        arguments=_arguments(experiment.args),
        reason=visible(experiment.reason, keep_lines=True),
        mark=control_mark(experiment),
        cited_by=cited_by,
        decides=[f"{v.hypothesis} {v.state}" for v in verdicts if v.experiment == experiment.id],
        body=_body(experiment, drawn=True),
        raw=_raw(experiment),
    )


def _raw(experiment: Experiment) -> str:
    """The data as JSON, a field a line."""
    data = (experiment.result or {}).get("data")
    if not isinstance(data, dict):
        return ""
    lines = [
        f" {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in data.items()
    ]
    return visible("{\n" + ",\n".join(lines) + "\n}", keep_lines=True)


def _body(experiment: Experiment, drawn: bool) -> Markup:
    if experiment.failure is not None:
        return Markup(failure_html(experiment.failure, style=False))
    result = experiment.open_result()
    if result is None:
        return Markup('<p class="empty">This experiment has not ended.</p>')
    if drawn or result.view is None:
        return Markup(result_html(result, style=False))
    bare = result_html(result.model_copy(update={"view": None}), style=False)
    return Markup(bare) + Markup('<pre class="picture">{}</pre>').format(
        view_text(result.view, 100)
    )


def _arguments(arguments: dict[str, Any] | str) -> list[tuple[str, str]]:
    if isinstance(arguments, str):
        return [("as sent", visible(arguments)[:400])]
    shown = []
    for name, value in arguments.items():
        if value in (None, "", [], {}):
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        text = visible(text)
        shown.append((name, text if len(text) <= 240 else text[:239] + "…"))
    return shown


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
