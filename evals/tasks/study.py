"""The learner's and the writer's functions as Inspect tasks."""

import asyncio
import math
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Metric, SampleScore, Score, Target, Value, metric, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from ..cells import NotRun
from ..study.answers import Answer, Item, discriminate
from ..study.suite import STUDIES, play, spread


@task
def quotes(player: str = "check", **options: Any) -> Task:
    """Genuine and corrupted quotations of the shipped reference."""
    return _task("quotes", player, **options)


@task
def exercise_quality(player: str = "bank", **options: Any) -> Task:
    """Certificates of the bank, or of exercises that a language model writes."""
    return _task("exercise_quality", player, **options)


@task
def critique_recall(player: str = "linter", **options: Any) -> Task:
    """Planted errors in write-ups."""
    return _task("critique_recall", player, **options)


@task
def critique_clean(player: str = "linter", **options: Any) -> Task:
    """Sound write-ups, on which a major finding is a false one."""
    return _task("critique_clean", player, **options)


@task
def feedback(player: str = "flatterer", **options: Any) -> Task:
    """Sound and flawed explanations under each framing."""
    return _task("feedback", player, **options)


def _task(
    name: str,
    player: str,
    *,
    limit: int | None = None,
    folder: str = "runs/eval",
    llm: str | None = None,
    provider: str | None = None,
    max_usd: float | None = None,
) -> Task:
    """The task of one player.

    Args:
        name: Of the task.
        player: Who answers.
        limit: Items at most, spread over all.
        folder: Where paid replies are kept.
        llm: The language model of the player `llm`.
        provider: Its provider.
        max_usd: Dollars for all that share the folder.
    """
    known = STUDIES[name].players
    if player not in known:
        raise ValueError(f"{name} has no player {player!r}; there are {', '.join(known)}")
    who = player if llm is None else f"{player}-{llm}"
    return Task(
        name=name,
        dataset=MemoryDataset(
            [
                Sample(
                    id=f"{name}-{who}-{item.id}",
                    input=f"{name} {item.id}",
                    target="flawed" if item.flawed else "sound",
                    metadata={"item": item.model_dump()},
                )
                for item in spread(STUDIES[name].items(player), limit)
            ],
            name=f"{name}-{player}",
        ),
        solver=_answer(
            name, player, folder, {"model": llm, "provider": provider, "max_usd": max_usd}
        ),
        scorer=told_apart(),
        metadata={"player": player, "llm": llm},
    )


@solver
def _answer(name: str, player: str, folder: str, options: dict[str, Any]) -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        item = Item.model_validate(state.metadata["item"])
        try:
            found = await asyncio.to_thread(play, name, player, item, Path(folder), **options)
            state.metadata["answer"] = found.model_dump()
        except NotRun as reason:
            state.metadata["not_run"] = str(reason)
        return state

    return solve


@metric
def discrimination() -> Metric:
    """Flawed caught less sound accused; `nan` where one of them has no items."""

    def compute(scores: list[SampleScore]) -> Value:
        found = [s.score.metadata for s in scores if s.score.metadata]
        sums = discriminate([Answer.model_validate(f) for f in found])
        return {
            "caught": sums.caught.k,
            "flawed": sums.caught.n,
            "accused": sums.accused.k,
            "sound": sums.accused.n,
            "discrimination": math.nan if sums.score is None else sums.score,
        }

    return compute


@scorer(metrics=[discrimination()])
def told_apart() -> Any:
    """Whether the answer is the truth; what was not run stays unscored."""

    async def score(state: TaskState, target: Target) -> Score:
        if "not_run" in state.metadata:
            return Score.unscored(reason="not run", explanation=state.metadata["not_run"])
        found = state.metadata["answer"]
        right = found["said"] == found["flawed"]
        return Score(
            value=int(right),
            answer="flawed" if found["said"] else "sound",
            explanation=found["note"],
            metadata=found,
        )

    return score
