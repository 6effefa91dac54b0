"""Blind audits of the organisms as an Inspect task."""

import math
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Metric, SampleScore, Score, Target, Value, metric, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from ...tools.spec import Access
from ..cells import Cell, NotRun, run_cell
from ..organisms.splits import development
from ..table import COUNTED, Outcome, summarise


@task
def audit(
    driver: str = "playbook",
    access: Access = "base",
    seed: int = 0,
    llm: str | None = None,
    provider: str | None = None,
    max_usd: float | None = None,
    folder: str = "runs/eval",
    cases: str | None = None,
    calls: int | None = None,
    seconds: float | None = None,
) -> Task:
    """Audit the development models with one driver under one access.

    Args:
        driver: Any driver of `mechmentor audit`.
        access: What it may use.
        seed: Of the runs.
        llm: The language model of the driver `llm`.
        provider: Its provider.
        max_usd: Dollars for each run.
        folder: Where the run folders go; finished ones are not run again.
        cases: Ids with commas between them; the development split without.
        calls: Tool calls of a run at most; the command's default without.
        seconds: Clock of a run, by the same rule.
    """
    chosen = cases.split(",") if cases else development()
    cells = [
        Cell(
            case=case,
            access=access,
            driver=driver,
            seed=seed,
            model=llm,
            provider=provider,
            max_usd=max_usd,
            calls=calls,
            seconds=seconds,
        )
        for case in chosen
    ]
    return Task(
        dataset=MemoryDataset(
            [
                Sample(id=c.name, input=f"audit {c.case}", metadata={"cell": c.model_dump()})
                for c in cells
            ],
            name=f"audit-{driver}-{access}",
        ),
        solver=run_audit(folder),
        scorer=sealed_answer(),
        metadata={"driver": driver, "access": access, "llm": llm, "seed": seed},
    )


@solver
def run_audit(folder: str) -> Solver:
    """Run the cell of a sample in processes of its own."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        cell = Cell.model_validate(state.metadata["cell"])
        try:
            found = await run_cell(cell, Path(folder))
            # Logs are shipped: the verdict goes into them, never what is sealed.
            state.metadata["score"] = Outcome.model_validate(found).model_dump()
        except NotRun as reason:
            state.metadata["not_run"] = str(reason)
        return state

    return solve


@metric
def headline() -> Metric:
    """Hits over organisms less false positives over null-trained models; `nan` where one is none.

    The identical null is left out: to abstain on it takes nothing but an equality test.
    """

    def compute(scores: list[SampleScore]) -> Value:
        found = [s.score.metadata for s in scores if s.score.metadata]
        table = summarise([Outcome.model_validate(f) for f in found])
        return {
            "hits": table.hits.k,
            "organisms": table.hits.n,
            "false_positives": table.false_positives.k,
            "nulls": table.false_positives.n,
            "headline": math.nan if table.headline is None else table.headline,
        }

    return compute


@scorer(metrics=[headline()])
def sealed_answer() -> Any:
    """The verdict on the scored run; runs that do not count stay unscored."""

    async def score(state: TaskState, target: Target) -> Score:
        if "not_run" in state.metadata:
            return Score.unscored(reason="not run", explanation=state.metadata["not_run"])
        found = state.metadata["score"]
        if found["status"] not in COUNTED:
            return Score.unscored(reason=found["status"], metadata=found)
        return Score(value=found["verdict"], metadata=found)

    return score
