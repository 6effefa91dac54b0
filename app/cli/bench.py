"""`bench`: figures of speed, and how often tools cry wolf."""

import json
import sys
from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Measure speed and false alarms.", rich_markup_mode=None, no_args_is_help=True
    )
    group.callback()(lambda: None)
    group.command("overhead")(overhead)
    group.command("calibration")(calibration)
    app.add_typer(group, name="bench")


def overhead(
    steps: int = typer.Option(200, min=10, help="Steps of each graph."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Milliseconds of an agent step that does nothing, beside bare LangGraph nodes."""
    from ...evals.bench.overhead import measure

    found = measure(steps)
    if as_json:
        print(json.dumps(found, indent=1))
        return 0
    size = f"median of {found['rounds']} rounds of {steps} steps"
    print(f"agent step  {found['agent_ms']:.2f} ms ({size})")
    print(f"bare graph  {found['bare_ms']:.2f} ms    fsync alone {found['fsync_ms']:.2f} ms")
    print(f"overhead    {found['agent_ms'] - found['bare_ms']:.2f} ms")
    return 0


def calibration(
    models: str = typer.Option("all", help="Ids of shipped models, with commas between."),
    tools: str = typer.Option("all", help="Tools, with commas between."),
    file: Path = typer.Option(None, help="Where verdicts are kept; a second run goes on there."),
    ship: bool = typer.Option(False, "--ship", help="Write the counts into the package."),
    as_json: bool = typer.Option(False, "--json", help="Print the counts as JSON."),
) -> int:
    """Count each tool's verdict ‘beyond control’ over the shipped models and their nulls."""
    from dataclasses import asdict

    from ...evals import tool_verdicts as verdicts
    from ...tools.calibration import FILE
    from ...tools.workbench import Workbench
    from ..cases import organism_case, organism_ids
    from ..config import runs_folder

    kept = file or runs_folder() / "tool_verdicts.jsonl"
    wanted = verdicts.judged() if tools == "all" else tools.split(",")
    for model in organism_ids() if models == "all" else models.split(","):
        left = verdicts.missing(model, wanted, verdicts.done(kept))
        if not left:
            continue
        case = organism_case(model)
        folder = runs_folder() / "bench"
        bench = Workbench.open(case.target, case.base, access=case.access, folder=folder)
        for tool in left:
            found = verdicts.measure(bench, model, verdicts.kind_of(model), tool)
            verdicts.append(kept, found)
            said = (
                found.failed
                or {True: "beyond", False: "no effect", None: "no verdict"}[found.beyond]
            )
            print(f"{model}  {tool:<26} {found.seconds:6.1f} s  {said}", file=sys.stderr)
    counted = verdicts.count(verdicts.done(kept))
    if ship:
        verdicts.write(FILE, counted)
    if as_json:
        print(json.dumps({name: asdict(row) for name, row in counted.items()}, indent=1))
        return 0
    for name, row in counted.items():
        print(verdicts.line(name, row))
    return 0
