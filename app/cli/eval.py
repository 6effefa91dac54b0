"""`eval list|run|report|compare|ledger`: the evaluation suite from the command line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .audit import CHEATS, ONE_IDEA
from .exits import FINDINGS, Stop

if TYPE_CHECKING:
    from .eval_plan import Plan

DRIVERS = ("playbook", *ONE_IDEA)
ACCESSES = ("base", "target", "chat")
AUDIT, LLM = "audit", "llm"
TASKS = (AUDIT, "quotes", "exercise_quality", "critique_recall", "critique_clean", "feedback")
FIRST_KEY = "first-key"
DEVELOPMENT, TEST = "development", "test"
# Of a user's first key: a few audits by text alone, a sample of each other task.
FIRST_LIMIT, FIRST_MODELS, FIRST_CALLS = 8, 4, 12


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Measure drivers.", rich_markup_mode=None, no_args_is_help=True)
    group.command("list")(list_cells)
    group.command("run")(run)
    group.command("report")(report)
    group.command("compare")(compare)
    group.command("cheats")(cheats)
    group.command("readme")(readme)
    group.command("ledger")(ledger)
    app.add_typer(group, name="eval")


def list_cells(as_json: bool = typer.Option(False, "--json", help="Print as JSON.")) -> int:
    """List what `eval run` runs: drivers, accesses, models."""
    from ...evals.organisms.splits import development, held_back

    found = {
        "tasks": list(TASKS),
        "drivers": [*DRIVERS, "llm"],
        "accesses": list(ACCESSES),
        "development models": development(),
        "held back": len(held_back()),
    }
    if as_json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name}: {', '.join(value) if isinstance(value, list) else value}")
    return 0


def run(
    tasks: str = typer.Option(AUDIT, help=f"Tasks, with commas between them: {', '.join(TASKS)}."),
    drivers: str = typer.Option(",".join(DRIVERS), help="Drivers of `audit`, or players."),
    accesses: str = typer.Option("base", help="Accesses of `audit`, with commas between them."),
    cases: str = typer.Option(None, help="Ids; all models of the split without."),
    split: str = typer.Option(DEVELOPMENT, help=f"{DEVELOPMENT}, or {TEST}: into the ledger."),
    seconds: float = typer.Option(None, min=0, help="Clock of one audit (default: audit's)."),
    workers: int = typer.Option(2, min=1, help="Cells at a time."),
    limit: int = typer.Option(None, min=1, help="Items of each task at most; not of `audit`."),
    folder: Path = typer.Option(None, help="Where runs and logs go (default: ./runs/eval)."),
    model: str = typer.Option(None, help="Language model of the driver `llm`."),
    provider: str = typer.Option(None, help="Its provider."),
    max_usd: float = typer.Option(None, min=0, help="Dollars for all of it."),
    preset: str = typer.Option(None, help=f"{FIRST_KEY}: the smallest honest table of a model."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask before money is spent."),
) -> int:
    """Run the suite as Inspect tasks; what is finished is never run again."""
    from ..config import runs_folder
    from .eval_plan import Plan, price

    place = folder or runs_folder() / ("eval" if split == DEVELOPMENT else f"eval-{split}")
    models = cases or _held_back(split)
    if preset not in (None, FIRST_KEY):
        raise Stop(f"unknown preset {preset!r}; there is {FIRST_KEY}")
    calls: int | None = None
    given_players = drivers != ",".join(DRIVERS)
    if preset:
        from ...evals.organisms.splits import development

        chosen, players, ways, calls = list(TASKS), [LLM], ["chat"], FIRST_CALLS
        limit = limit or FIRST_LIMIT
        models = models or ",".join(development()[:FIRST_MODELS])
    else:
        chosen, ways = _known(tasks, TASKS), _known(accesses, ACCESSES)
        players = [part.strip() for part in drivers.split(",")]
        if chosen == [AUDIT] or not given_players:
            players = _known(drivers, (*DRIVERS, LLM, "random", *CHEATS))
    plan = Plan.of(
        chosen,
        players,
        ways,
        models,
        limit,
        calls=calls,
        all_players=not (preset or given_players),
        seconds=seconds,
    )
    if plan.asks:
        price(plan, provider, model, max_usd, yes)
    _carry_out(plan, place, workers, model, provider, max_usd)
    return _write(place, None)


def _held_back(split: str) -> str | None:
    """The cases of the test split; None for the development split.

    Raises:
        Stop: If there is no such split.
    """
    if split not in (DEVELOPMENT, TEST):
        raise Stop(f"unknown split {split!r}; there are {DEVELOPMENT} and {TEST}")
    from ...evals.organisms.splits import held_back

    return ",".join(held_back()) if split == TEST else None


def _carry_out(
    plan: "Plan",
    place: Path,
    workers: int,
    model: str | None = None,
    provider: str | None = None,
    max_usd: float | None = None,
) -> None:
    """Run the steps of a plan in one process of their own.

    Raises:
        Stop: If one of them broke.
    """
    steps: list[dict[str, object]] = []
    for step in plan.steps:
        options = {**step.options, "folder": str(place / "cells"), "cases": step.cases}
        if step.llm:
            share = plan.share(max_usd) if step.task == AUDIT else plan.rest(max_usd)
            options |= {"llm": model, "provider": provider, "max_usd": share}
        given = {k: v for k, v in options.items() if v is not None}
        steps.append({"task": step.task, "options": given, "said": step.said})
    work = {"steps": steps, "logs": str(place / "logs"), "workers": workers}
    done = subprocess.run(
        # -P: a checkout in the working folder must not hide what is installed.
        [sys.executable, "-P", "-m", "mechmentor.evals.run"],
        input=json.dumps(work),
        text=True,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise Stop("some tasks broke; the same command goes on where they stopped", FINDINGS)


def cheats(
    cases: str = typer.Option(None, help="Ids; all development models without."),
    workers: int = typer.Option(2, min=1, help="Cells at a time."),
    folder: Path = typer.Option(None, help="Where runs and logs go (default: ./runs/eval)."),
) -> int:
    """Run drivers that try to score without auditing. Exit code 1 if one is above nothing."""
    from ...evals.cheats.table import cheat_lines
    from ...evals.logs import outcomes
    from ..config import runs_folder
    from .eval_plan import Plan

    place = folder or runs_folder() / "eval"
    plan = Plan.of([AUDIT], CHEATS, ["base"], cases, None, calls=None, all_players=False)
    _carry_out(plan, place, workers)
    _write(place, None)
    above = [line.name for line in cheat_lines(outcomes(_logs(place))[0]) if line.above]
    if above:
        print(f"above always_none: {', '.join(above)}", file=sys.stderr)
    return FINDINGS if above else 0


def readme(
    logs: Path = typer.Argument(None, help="Folder of `eval run` (default: the shipped logs)."),
    file: Path = typer.Option(Path("README.md"), help="The file whose figures are replaced."),
    check: bool = typer.Option(False, "--check", help="Only say whether they agree."),
) -> int:
    """Put the table of the logs between the marks of README."""
    from ...evals.readme import replaced, shipped, table

    text = file.read_text(encoding="utf-8")
    try:
        wanted = replaced(text, table(_logs(logs or shipped())))
    except ValueError as error:
        raise Stop(f"{file}: {error}") from None
    if check:
        if text != wanted:
            raise Stop(f"{file} and the logs differ: mechmentor eval readme", FINDINGS)
        return 0
    file.write_text(wanted, encoding="utf-8")
    print(file)
    return 0


def ledger(as_json: bool = typer.Option(False, "--json", help="Print as JSON.")) -> int:
    """Show the test split: the first scoring of each state of tools and playbook."""
    from ...evals.ledger import entries, first, frozen
    from ...evals.page import markdown
    from ...evals.table import Outcome

    found = first(entries())
    if as_json:
        print(json.dumps([entry.model_dump() for entry in found]))
        return 0
    now = frozen()
    for state in dict.fromkeys(entry.frozen for entry in found):
        mine = [entry for entry in found if entry.frozen == state]
        print(
            f"## {state[:12]}{' (the present state)' if state == now else ''}: "
            f"{len(mine)} scorings, first on {min(entry.date for entry in mine)[:10]}\n"
        )
        print(markdown([Outcome.model_validate(entry.model_dump()) for entry in mine]))
    if not found:
        print("no scoring yet: mechmentor eval run --split test", file=sys.stderr)
    return 0


def report(
    folder: Path = typer.Argument(None, help="Folder of `eval run` (default: ./runs/eval)."),
    out: Path = typer.Option(None, help="Where the page goes (default: into the folder)."),
) -> int:
    """Rebuild the table and the page from the logs."""
    from ..config import runs_folder

    return _write(folder or runs_folder() / "eval", out)


def _write(place: Path, out: Path | None) -> int:
    from ...evals.logs import answers, outcomes
    from ...evals.page import html, markdown

    found, missing = outcomes(_logs(place))
    said, unsaid = answers(_logs(place))
    page = out or place / "report.html"
    page.write_text(html(found, [*missing, *unsaid], said), encoding="utf-8")
    table = markdown(found, [*missing, *unsaid], said)
    page.with_suffix(".md").write_text(table, encoding="utf-8")
    print(table)
    print(f"report  {page}", file=sys.stderr)
    return 0


def compare(
    first: str = typer.Argument(..., help="A driver."),
    second: str = typer.Argument(..., help="Another."),
    folder: Path = typer.Option(None, help="Folder of `eval run`."),
    access: str = typer.Option("base", help="Access of both."),
) -> int:
    """Say whether one driver is better than another, or how many models that would take."""
    from ...evals.logs import outcomes
    from ...evals.page import compare as decide
    from ..config import runs_folder

    found, _ = outcomes(_logs(folder or runs_folder() / "eval"))
    print(decide(found, first, second, access))
    return 0


def _logs(place: Path) -> Path:
    logs = place / "logs"
    if not any(logs.glob("**/*.eval")):
        raise Stop(f"no logs below {logs}; mechmentor eval run makes them")
    return logs


def _known(text: str, names: tuple[str, ...]) -> list[str]:
    chosen = [part.strip() for part in text.split(",") if part.strip()]
    wrong = [part for part in chosen if part not in names]
    if wrong or not chosen:
        raise Stop(f"unknown: {', '.join(wrong) or '(nothing)'}; there are {', '.join(names)}")
    return chosen
