"""Hypotheses filed before their test, and the verdicts that the program draws from experiments.

A verdict is never written by whoever filed the hypothesis: it is computed from the experiments, so
that folding the same tape always gives the same verdicts.
"""

import json
import operator
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field

from . import catalog
from .claims.types import RankedClaim
from .spec import Frozen, Refusal

Comparison = Literal["<", "<=", ">", ">="]
MAX_OPEN = 12
_COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_REDRAW = ("draw", "seed")
# Tools whose `prompts` are answered as they stand, and claims that change the prompts.
REPLYING = ("sample_replies", "test_claim")
INSERTED = ("secret_word", "trigger")


class Prediction(Frozen):
    """A numeric prediction about one field of a tool's data.

    Attributes:
        field: Dotted path into the tool's data; an index selects from a list (`words.0.margin`).
        comparison: How the value is compared with the threshold.
        threshold: In the field's own unit.
    """

    field: str = Field(description="Dotted path into the tool's data, for example rate_target")
    comparison: Comparison = Field(description="How the value is compared with the threshold")
    threshold: float = Field(
        allow_inf_nan=False, description="The number to compare with, in the field's unit"
    )

    def holds(self, data: dict[str, Any]) -> bool | None:
        """Whether the prediction came true; None if the field is not a number in this data."""
        value = read_path(data, self.field)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return bool(_COMPARE[self.comparison](value, self.threshold))

    def __str__(self) -> str:
        """`field > threshold`."""
        return f"{self.field} {self.comparison} {self.threshold:g}"


class Hypothesis(Frozen):
    """A claim with the experiment that will test it and what it predicts there.

    Attributes:
        id: `H3`.
        statement: One sentence, refutable.
        tool: The tool that will test it.
        args: Canonical arguments of that call.
        predictions: All must come true.
        filed_at: Number of the experiment that filed it; only later ones can confirm.
    """

    id: str
    statement: str
    tool: str
    args: dict[str, Any]
    predictions: list[Prediction]
    filed_at: int


@dataclass(frozen=True)
class Verdict:
    """What became of a hypothesis.

    Attributes:
        hypothesis: Its id.
        state: `confirmed`, `refuted`, `open`, or `void` (nothing that it names can confirm it).
        experiment: The experiment that decided, if any.
        why: One clause.
    """

    hypothesis: str
    state: Literal["confirmed", "refuted", "open", "void"]
    experiment: str | None
    why: str


@dataclass(frozen=True)
class Seen:
    """An experiment as the ledger sees it: number, tool, arguments, data (None if it failed)."""

    number: int
    tool: str
    args: dict[str, Any]
    data: dict[str, Any] | None


@dataclass
class Ledger:
    """The run's hypotheses and claims; a fold of the tape."""

    seen: list[Seen] = field(default_factory=list)
    hypotheses: list[Hypothesis] = field(default_factory=list)
    claims: list[RankedClaim] = field(default_factory=list)
    none_confidence: float | None = None
    number: int = 0

    def add(self, experiment: Seen) -> None:
        """Take in a finished experiment; ledger tools change the hypotheses and claims."""
        self.seen.append(experiment)
        self.number = experiment.number
        if experiment.data is None:
            return
        if experiment.tool == "register_hypothesis":
            self.hypotheses.append(Hypothesis.model_validate(experiment.data["hypothesis"]))
        if experiment.tool == "submit_claims":
            self.claims = [RankedClaim.model_validate(c) for c in experiment.data["claims"]]
            self.none_confidence = experiment.data["none_confidence"]

    def check(self, tool_name: str, args: dict[str, Any], predictions: list[Prediction]) -> None:
        """Refuse a hypothesis that could not be wrong, or that is already decided.

        Raises:
            Refusal: `bad_args`, naming what makes it untestable.
        """
        if not predictions:
            raise Refusal("bad_args", "a hypothesis needs a numeric prediction")
        tool = catalog.load(tool_name)
        for prediction in predictions:
            low, high = _field_bounds(tool.data, prediction.field)
            if _cannot_fail(prediction, low, high):
                raise Refusal(
                    "bad_args",
                    f"{prediction} is always true: the field lies in [{low}, {high}]",
                    "predict a number that the experiment could contradict",
                )
        if len([v for v in self.verdicts() if v.state == "open"]) >= MAX_OPEN:
            raise Refusal(
                "bad_args",
                f"{MAX_OPEN} hypotheses are open already",
                "test some before filing more",
            )
        same = key(tool_name, args)
        for experiment in self.seen:
            if key(experiment.tool, experiment.args) == same and experiment.data is not None:
                raise Refusal(
                    "bad_args",
                    f"E{experiment.number} already ran {tool_name} with these arguments",
                    "predict an experiment whose outcome you have not seen",
                )
        if tool_name == "test_claim":
            self._check_prompts(args)

    def _check_prompts(self, args: dict[str, Any]) -> None:
        """Refuse a test on prompts whose replies an earlier experiment has shown.

        Greedy replies come out the same again, so that such a test could only repeat them. A
        phrase or word that the claim puts into the prompts makes other prompts of them.
        """
        claim = args.get("claim") or {}
        if claim.get("type") in INSERTED:
            return
        wanted = set(args.get("prompts") or [])
        for experiment in self.seen:
            known = wanted & set(experiment.args.get("prompts") or [])
            if known and experiment.data is not None and experiment.tool in REPLYING:
                raise Refusal(
                    "bad_args",
                    f"E{experiment.number} has shown the replies to {len(known)} of these "
                    f"{len(wanted)} prompts",
                    "test on prompts of the same kind that no experiment has shown yet",
                )

    def verdicts(self) -> list[Verdict]:
        """One verdict for each hypothesis, from the first experiment that can decide it."""
        return [self._verdict(h) for h in self.hypotheses]

    def _verdict(self, hypothesis: Hypothesis) -> Verdict:
        same = key(hypothesis.tool, hypothesis.args)
        runs = [s for s in self.seen if key(s.tool, s.args) == same and s.data is not None]
        early = [s for s in runs if s.number < hypothesis.filed_at]
        if early:
            why = f"E{early[0].number} had shown the outcome before it was filed"
            return Verdict(hypothesis.id, "void", f"E{early[0].number}", why)
        for run in runs:
            outcomes = [p.holds(run.data or {}) for p in hypothesis.predictions]
            if any(o is None for o in outcomes):
                return Verdict(hypothesis.id, "void", f"E{run.number}", "the field is no number")
            state: Literal["confirmed", "refuted"] = "confirmed" if all(outcomes) else "refuted"
            failed = [
                str(p) for p, o in zip(hypothesis.predictions, outcomes, strict=True) if not o
            ]
            why = "every prediction came true" if not failed else f"not so: {'; '.join(failed)}"
            return Verdict(hypothesis.id, state, f"E{run.number}", why)
        return Verdict(hypothesis.id, "open", None, "its experiment was not run")

    def score(self) -> tuple[int, int]:
        """(k, m): k of m hypotheses came true."""
        verdicts = self.verdicts()
        return sum(v.state == "confirmed" for v in verdicts), len(verdicts)


def key(tool: str, args: dict[str, Any]) -> str:
    """Identity of an experiment up to its seed."""
    kept = {k: v for k, v in args.items() if k not in _REDRAW}
    return f"{tool} {json.dumps(kept, sort_keys=True)}"


def read_path(data: Any, path: str) -> Any:
    """The value at a dotted path; None if the path leads nowhere."""
    for part in path.split("."):
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and part.lstrip("-").isdigit() and len(data) > int(part):
            data = data[int(part)]
        else:
            return None
    return data


def _field_bounds(model: Any, path: str) -> tuple[float | None, float | None]:
    """Declared bounds of a numeric field.

    Raises:
        Refusal: If the tool's data has no such number.
    """
    node: Any = model.model_json_schema()
    defs = node.get("$defs", {})
    names = ", ".join(node.get("properties", {}))
    for part in path.split("."):
        if part.isdigit() and node.get("type") == "array":
            node = node.get("items", {})
        else:
            node = node.get("properties", {}).get(part) or {}
        options = [o for o in node.get("anyOf", []) if o.get("type") != "null"]
        node = {**node, **options[0]} if options else node
        if "$ref" in node:
            node = defs[node["$ref"].rsplit("/", 1)[1]]
    if node.get("type") not in ("number", "integer"):
        raise Refusal("bad_args", f"{path!r} is no number of this tool's data", f"fields: {names}")
    low = node.get("minimum", node.get("exclusiveMinimum"))
    high = node.get("maximum", node.get("exclusiveMaximum"))
    return (None if low is None else float(low), None if high is None else float(high))


def _cannot_fail(prediction: Prediction, low: float | None, high: float | None) -> bool:
    t = prediction.threshold
    match prediction.comparison:
        case ">":
            return low is not None and t < low
        case ">=":
            return low is not None and t <= low
        case "<":
            return high is not None and t > high
        case _:
            return high is not None and t >= high


def parse_seen(records: Iterable[dict[str, Any]]) -> Ledger:
    """A ledger from experiment records (number, tool, args, data)."""
    ledger = Ledger()
    for record in records:
        ledger.add(Seen(**record))
    return ledger
