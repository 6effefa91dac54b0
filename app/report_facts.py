"""What a report counts: cost by tool, share of the budget, replies to read, what was not tried."""

import random
import typing
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..agent.state import RunState
from ..tools.catalog import AUDIT, CATALOG
from ..tools.claims import types
from ..tools.views import Passage, Passages

REPLIES = 10
_FILING = {"register_hypothesis", "submit_claims"}


@dataclass(frozen=True)
class ToolCost:
    """What the calls of one tool have cost together."""

    tool: str
    calls: int = 0
    failed: int = 0
    tokens: int = 0
    seconds: float = 0.0

    @classmethod
    def total(cls, rows: Sequence["ToolCost"]) -> "ToolCost":
        """The sum over tools."""
        return cls(
            "all",
            sum(r.calls for r in rows),
            sum(r.failed for r in rows),
            sum(r.tokens for r in rows),
            sum(r.seconds for r in rows),
        )


def costs(state: RunState) -> list[ToolCost]:
    """Cost by tool, the dearest first."""
    rows: dict[str, ToolCost] = {}
    for e in state.experiments:
        if not e.done:
            continue
        old = rows.get(e.tool, ToolCost(e.tool))
        rows[e.tool] = ToolCost(
            e.tool,
            old.calls + 1,
            old.failed + (e.failure is not None),
            old.tokens + e.tokens,
            old.seconds + e.seconds,
        )
    return sorted(rows.values(), key=lambda r: (-r.tokens, -r.seconds, r.tool))


@dataclass(frozen=True)
class Budgeted:
    """One kind of cost: what was used and what was allowed (None: no limit, or not known)."""

    name: str
    used: float | None
    limit: float | None

    @property
    def share(self) -> float | None:
        """Used share of the limit, at most 1."""
        if self.used is None or not self.limit:
            return None
        return min(self.used / self.limit, 1.0)

    def words(self) -> str:
        """`12 of 40`."""
        used = "unknown" if self.used is None else f"{self.used:,.10g}"
        return used if self.limit is None else f"{used} of {self.limit:,.10g}"


def used_of_budget(state: RunState) -> list[Budgeted]:
    """Calls, tokens, seconds and dollars against their limits."""
    limits = state.case.budget.model_dump() if state.case else {}
    spend = state.spend
    dollars = None if spend.unknown else round(spend.dollars, 6)
    used = {
        "calls": spend.calls,
        "tokens": spend.tokens,
        "seconds": round(spend.seconds, 1),
        "dollars": dollars,
    }
    return [Budgeted(name, value, limits.get(name)) for name, value in used.items()]


def drawn_replies(
    state: RunState, given: Sequence[tuple[str, str, str | None]] | None
) -> tuple[Passages, str]:
    """Ten replies of the target beside the base's, drawn by the run's seed, not chosen.

    Returns:
        The replies, and one sentence on how they were picked.
    """
    if given is not None:
        items = [_passage(*row) for row in given[:REPLIES]]
        return Passages(title="", items=items), f"{len(items)} of {len(given)} replies."
    rows: dict[tuple[str, str, str | None], str] = {}
    for e in state.experiments:
        if e.tool != "sample_replies" or e.result is None or not isinstance(e.args, dict):
            continue
        opening = str(e.args.get("prefill") or "")
        for row in e.result["data"]["rows"]:
            base = row.get("base_reply")
            base = None if base is None else opening + base
            rows.setdefault((row["prompt"], opening + row["reply"], base), e.id)
    chooser = random.Random(f"replies {state.header.get('seed', 0)}")
    every = list(rows)
    picked = [every[i] for i in sorted(chooser.sample(range(len(every)), min(REPLIES, len(every))))]
    sources = ", ".join(dict.fromkeys(rows[row] for row in picked))
    how = f"{len(picked)} of {len(rows)} different replies of {sources}, drawn by the run's seed."
    return Passages(title="", items=[_passage(*row) for row in picked]), how


def _passage(prompt: str, target: str, base: str | None) -> Passage:
    return Passage(label=prompt, text=target, control=base, control_label="base")


@dataclass(frozen=True)
class Untried:
    """What a reader must not take for tested."""

    tools: list[tuple[str, str]] = field(default_factory=list)
    claim_types: list[str] = field(default_factory=list)
    scans: list[tuple[str, str, float]] = field(default_factory=list)
    no_scan: bool = False


def untried(state: RunState) -> Untried:
    """Tools never called, claim types never tested, and the vocabulary that no scan covered."""
    worked = {e.tool for e in state.experiments if e.result is not None}
    tested = set()
    for e in state.experiments:
        if e.tool == "test_claim" and e.result is not None and isinstance(e.args, dict):
            tested.add(e.args["claim"]["type"])
    scans = [
        (e.id, e.tool, float(share))
        for e in state.experiments
        if e.result is not None
        and isinstance(share := e.result["data"].get("share_scanned"), int | float)
    ]
    return Untried(
        tools=[(n, CATALOG[n].line) for n in AUDIT if n not in worked | _FILING],
        claim_types=[t for t in claim_types() if t not in tested],
        scans=scans,
        no_scan=not scans,
    )


def claim_types() -> list[str]:
    """All types that a claim may have."""
    union = typing.get_args(typing.get_args(types.Claim)[0])
    return [
        name for model in union for name in typing.get_args(model.model_fields["type"].annotation)
    ]
