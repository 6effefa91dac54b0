"""`runs list|show`, `verify`, `replay`: what was done, and whether it comes out again."""

import json
import sys
from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Runs on disk.", rich_markup_mode=None, no_args_is_help=True)
    group.command("list")(list_runs)
    group.command("show")(show)
    app.add_typer(group, name="runs")
    app.command()(verify)
    app.command()(replay)


def list_runs(as_json: bool = typer.Option(False, "--json", help="Print as JSON.")) -> int:
    """List the runs below ./runs, newest last."""
    from ...agent.state import RunState
    from ...agent.tape import TapeError
    from ..config import runs_folder

    rows = []
    for tape in sorted(runs_folder().glob("*/tape.jsonl")):
        try:
            state = RunState.from_folder(tape.parent)
            case = state.case.id if state.case else "?"
            status: str = state.status or "unfinished"
        except TapeError as error:
            case, status, state = "?", f"broken ({error})", RunState()
        rows.append(
            {
                "run": tape.parent.name,
                "case": case,
                "driver": state.driver,
                "status": status,
                "experiments": len(state.experiments),
            }
        )
    if as_json:
        print(json.dumps(rows, indent=1))
        return 0
    for row in rows:
        print("{run:<44} {case:<14} {driver:<9} {experiments:>3} exp  {status}".format(**row))
    if not rows:
        print(f"no runs below {runs_folder()}; `mechmentor audit` makes one", file=sys.stderr)
    return 0


def show(
    run: str = typer.Argument("last", help="Run folder, name, or `last`."),
    as_json: bool = typer.Option(False, "--json", help="Print the folded records as JSON."),
) -> int:
    """Show one run: experiments, hypotheses, claims, cost."""
    from ...agent.state import RunState
    from ...agent.tape import read
    from ..config import find_run
    from ..live import experiment_line

    folder = find_run(run)
    if as_json:
        print(json.dumps(read(folder / "tape.jsonl"), indent=1, ensure_ascii=False))
        return 0
    state = RunState.from_folder(folder)
    print(f"{folder}\ncase {state.case.id if state.case else '?'}  driver {state.driver}")
    for experiment in state.experiments:
        print(experiment_line(experiment, state))
    k, m = state.ledger.score()
    print(f"{k} of {m} hypotheses came true")
    for verdict in state.ledger.verdicts():
        print(
            f"  {verdict.hypothesis} {verdict.state} ({verdict.experiment or '-'}): {verdict.why}"
        )
    print(f"{state.status or 'unfinished'}: {state.status_reason}")
    if state.status is None:
        print(f"go on with: mechmentor audit --resume {folder}")
    return 0


def verify(
    run: str = typer.Argument("last", help="Run folder, name, or `last`."),
    everything: bool = typer.Option(False, "--all", help="Re-execute every experiment."),
    as_json: bool = typer.Option(False, "--json", help="Print the verdict as JSON."),
) -> int:
    """Check that a run's tape is whole and that its numbers come out again."""
    from ...agent.verify import FORGER, Check
    from ...agent.verify import verify as check_run
    from ..config import find_run
    from ..materialise import put_back_for

    def said(check: Check) -> None:
        words = "reproduced" if check.ok else f"DIFFERS  {check.differences[0]}"
        print(f"  {check.id:<4} {check.tool:<20} {words}", file=sys.stderr)

    folder = find_run(run)
    put_back_for(folder)
    found = check_run(folder, everything=everything, on_check=said)
    if as_json:
        body = {
            "integrity": found.integrity,
            "broken_line": found.broken.line if found.broken else None,
            "reproduced": found.reproduced,
            "problems": found.problems,
            "tolerance": found.tolerance,
            "experiments": {c.id: [str(d) for d in c.differences] for c in found.checks},
        }
        print(json.dumps(body, indent=1))
    else:
        broken = f"BROKEN at line {found.broken.line}: {found.broken.why}" if found.broken else ""
        print(f"integrity     {broken or 'whole'}  ({FORGER})")
        count = sum(c.ok for c in found.checks)
        words = f"{count} of {len(found.checks)} experiments, rtol {found.tolerance:g}"
        print(f"reproduction  {'holds' if found.reproduced else 'FAILS'}: {words}")
        for problem in found.problems:
            print(f"              {problem}")
    return 0 if found.integrity and found.reproduced else 1


def replay(
    run: str = typer.Argument("last", help="Run folder, name, or `last`."),
    out: Path = typer.Option(None, help="Folder of the new run."),
) -> int:
    """Do a run's decisions again from the start into a new run, and say what came out otherwise."""
    from ...agent.drivers.replay import Replay
    from ...agent.run import RunConfig, new_folder, start
    from ...agent.state import RunState
    from ...agent.verify import compare
    from ..config import find_run, runs_folder
    from ..live import LiveView
    from ..materialise import put_back_for

    old = RunState.from_folder(find_run(run))
    if old.case is None:
        print("the run has no first record", file=sys.stderr)
        return 1
    put_back_for(find_run(run))
    folder = out or new_folder(runs_folder(), f"replay-{old.case.id}")
    view = LiveView(sys.stderr)
    config = RunConfig("replay", old.header["seed"], old.header["device"], old.header["dtype"])
    new = start(folder, old.case, config, lambda _: Replay(old), on_event=view.on_event)
    view.close()
    differing = []
    for before, after in zip(old.experiments, new.experiments, strict=False):
        found = list(
            compare(
                (before.result or {}).get("data"), (after.result or {}).get("data"), 1e-4, "data"
            )
        )
        if found:
            differing.append(before.id)
            print(f"{before.id} {before.tool}: {found[0]}")
    print(f"{folder}: {len(new.experiments)} experiments, {len(differing)} differ")
    return 1 if differing else 0
