"""What `eval run` will run, and what of it costs money."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from .audit import DRIVERS
from .exits import Stop

AUDIT, LLM = "audit", "llm"
# Estimates, shown as such: a question with its document, and its answer; a call of an audit.
ITEM_TOKENS = {
    "quotes": (2_300, 5),
    "exercise_quality": (4_000, 1_500),
    "critique_recall": (16_000, 150),
    "critique_clean": (8_000, 150),
    "feedback": (2_600, 500),
}
CALL_TOKENS, REPLY_TOKENS, CALLS = 9_000, 300, 40


@dataclass(frozen=True)
class Step:
    """One Inspect task.

    Attributes:
        task: Its name.
        options: Of the task.
        cases: Ids, for `audit`.
        items: How many cells.
        llm: Whether a language model answers.
        said: A line for the reader.
    """

    task: str
    options: dict[str, object]
    cases: str | None
    items: int
    llm: bool
    said: str


@dataclass(frozen=True)
class Plan:
    """All steps, and the calls that one audit may make."""

    steps: tuple[Step, ...]
    calls: int | None = None

    @classmethod
    def of(
        cls,
        tasks: Sequence[str],
        players: Sequence[str],
        accesses: Sequence[str],
        cases: str | None,
        limit: int | None,
        *,
        calls: int | None,
        all_players: bool,
        seconds: float | None = None,
    ) -> "Plan":
        """Lay out the steps.

        Raises:
            Stop: If a task has none of the players.
        """
        steps: list[Step] = []
        for task in tasks:
            if task == AUDIT:
                steps += _audits(players, accesses, cases, calls, seconds)
                continue
            from ...evals.study.suite import STUDIES, spread

            study = STUDIES[task]
            named = [p for p in study.players if all_players or p in players]
            if not named:
                raise Stop(f"{task} has none of these players; it has {', '.join(study.players)}")
            for player in named:
                count = len(spread(study.items(player), limit))
                options: dict[str, object] = {"player": player, "limit": limit}
                steps.append(
                    Step(task, options, None, count, player == LLM, f"{task} · {player} · {count}")
                )
        return cls(tuple(steps), calls)

    @property
    def asks(self) -> bool:
        """Whether a language model is needed."""
        return any(step.llm for step in self.steps)

    @property
    def audits(self) -> int:
        """Audits by a language model."""
        return sum(step.items for step in self.steps if step.llm and step.task == AUDIT)

    def share(self, max_usd: float | None) -> float | None:
        """Dollars of one audit: half of all go to audits, evenly."""
        return None if max_usd is None or not self.audits else max_usd / 2 / self.audits

    def rest(self, max_usd: float | None) -> float | None:
        """Dollars of all that is no audit."""
        return None if max_usd is None else max_usd - (self.share(max_usd) or 0) * self.audits

    def tokens(self) -> tuple[int, int]:
        """Estimated input and output tokens of everything that is asked."""
        sent = made = 0
        for step in self.steps:
            if not step.llm:
                continue
            calls = (self.calls or CALLS) if step.task == AUDIT else 1
            one = (CALL_TOKENS, REPLY_TOKENS) if step.task == AUDIT else ITEM_TOKENS[step.task]
            sent, made = sent + one[0] * calls * step.items, made + one[1] * calls * step.items
        return sent, made


def _audits(
    players: Sequence[str],
    accesses: Sequence[str],
    cases: str | None,
    calls: int | None,
    seconds: float | None,
) -> list[Step]:
    from ...evals.organisms.splits import development

    count = len(cases.split(",")) if cases else len(development())
    wanted = [p for p in players if p in DRIVERS or p.startswith("cheat:")]
    return [
        Step(
            AUDIT,
            {"driver": who, "access": how, "calls": calls, "seconds": seconds},
            cases,
            count,
            who == LLM,
            f"audit · {who} · {how} · {count} models",
        )
        for how in accesses
        for who in wanted
    ]


def price(
    plan: Plan, provider: str | None, model: str | None, max_usd: float | None, yes: bool
) -> None:
    """Say what the plan sends and may cost, and ask; without a key say that it will not be run.

    Raises:
        Stop: If the answer is no, or nobody can be asked and there is no limit.
    """
    from ...agent.chat.errors import MissingKey
    from ...agent.chat.prices import price_of
    from ...agent.chat.settings import resolve

    try:
        endpoint = resolve(provider, model=model, role="critic")
    except MissingKey as missing:
        print(f"llm      not run: {missing}", file=sys.stderr)
        return
    known, (sent, made) = price_of(endpoint), plan.tokens()
    cost = f"about ${sent * known.input + made * known.output:.2f}" if known else "unknown"
    limit = "" if max_usd is None else f"; the run ends at ${max_usd:.2f}"
    for line in (
        f"host     {endpoint.host} ({endpoint.model})",
        "sent     shipped documents, write-ups and explanations of this suite; in audits, texts of "
        "the target; never weights",
        f"price    {cost} (estimate: {sent} tokens in, {made} out){limit}",
    ):
        print(line, file=sys.stderr)
    free = known is not None and known.input == 0 and known.output == 0
    if yes or endpoint.local or free:
        return
    if sys.stdin.isatty() and sys.stderr.isatty():
        print("start? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise Stop("not started, nothing was sent", 0)
    elif max_usd is None:
        raise Stop("this costs money and nobody can be asked; add --yes or --max-usd")
