"""Claims and experiments as a report shows them: text made harmless, pictures drawn."""

import json
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from ..agent.state import Experiment, RunState
from ..tools.claims.types import describe
from ..tools.ledger import Verdict
from ..tools.view import failure_html, result_html, view_text, visible
from .live import control_mark


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


def headline(state: RunState) -> str:
    """The outcome in one sentence."""
    claims = state.ledger.claims
    match state.status:
        case "claimed" if claims:
            return f"{_sentence(claims[0].claim)} (confidence {claims[0].confidence:.2f})."
        case "abstained":
            # With no claim beside it the number is 1 by the rule of sums, and says nothing.
            none = state.ledger.none_confidence if claims else None
            sure = f" (confidence {none:.2f} that it could find none)" if none is not None else ""
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


def shown_claims(state: RunState, by_id: dict[str, Shown]) -> list[ShownClaim]:
    """The claims in their order, each with the experiments that it rests on."""
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


def shown(experiment: Experiment, verdicts: list[Verdict], cited_by: list[str]) -> Shown:
    """An experiment with its picture, its whole data, and what it supports or decides."""
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
