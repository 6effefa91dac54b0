"""`eval list|run|report|compare`: the evaluation suite from the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import typer

from .audit import ONE_IDEA
from .exits import Stop

DRIVERS = ("playbook", *ONE_IDEA)
ACCESSES = ("base", "target", "chat")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Measure drivers.", rich_markup_mode=None, no_args_is_help=True)
    group.command("list")(list_cells)
    group.command("run")(run)
    group.command("report")(report)
    group.command("compare")(compare)
    app.add_typer(group, name="eval")


def list_cells(as_json: bool = typer.Option(False, "--json", help="Print as JSON.")) -> int:
    """List what `eval run` runs: drivers, accesses, models."""
    from ...evals.organisms.splits import development, held_back

    found = {
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
    drivers: str = typer.Option(",".join(DRIVERS), help="Drivers, with commas between them."),
    accesses: str = typer.Option("base", help="Accesses, with commas between them."),
    cases: str = typer.Option(None, help="Ids; all development models without."),
    workers: int = typer.Option(2, min=1, help="Audits at a time."),
    folder: Path = typer.Option(None, help="Where runs and logs go (default: ./runs/eval)."),
    model: str = typer.Option(None, help="Language model of the driver `llm`."),
    provider: str = typer.Option(None, help="Its provider."),
    max_usd: float = typer.Option(None, min=0, help="Dollars for each run of `llm`."),
) -> int:
    """Run audits as Inspect tasks; what is finished is never run again."""
    from ..config import runs_folder

    place = folder or runs_folder() / "eval"
    broken = 0
    for access in _known(accesses, ACCESSES):
        for driver in _known(drivers, (*DRIVERS, "llm", "random")):
            print(f"{driver} · {access}", file=sys.stderr)
            options: dict[str, object] = {
                "driver": driver,
                "access": access,
                "folder": place / "cells",
                "cases": cases,
            }
            if driver == "llm":
                options |= {"llm": model, "provider": provider, "max_usd": max_usd}
            given = [f"-T{k}={v}" for k, v in options.items() if v is not None]
            done = subprocess.run(
                [
                    # -P: a checkout in the working folder must not hide the installed entry points.
                    *(sys.executable, "-P", "-m", "inspect_ai", "eval", "mechmentor/audit"),
                    *("--model", "none", "--display", "plain", "--no-fail-on-error"),
                    *("--max-samples", str(workers), "--log-dir", str(place / "logs")),
                    *given,
                ],
                env={**os.environ, "INSPECT_LOG_LEVEL": "warning"},
                stdout=subprocess.DEVNULL,
                check=False,
            )
            broken += done.returncode != 0
    if broken:
        raise Stop(f"{broken} tasks broke; the same command goes on where they stopped", 1)
    return _write(place, None)


def report(
    folder: Path = typer.Argument(None, help="Folder of `eval run` (default: ./runs/eval)."),
    out: Path = typer.Option(None, help="Where the page goes (default: into the folder)."),
) -> int:
    """Rebuild the table and the page from the logs."""
    from ..config import runs_folder

    return _write(folder or runs_folder() / "eval", out)


def _write(place: Path, out: Path | None) -> int:
    from ...evals.logs import outcomes
    from ...evals.page import html, markdown

    found, missing = outcomes(_logs(place))
    page = out or place / "report.html"
    page.write_text(html(found, missing), encoding="utf-8")
    table = markdown(found, missing)
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
