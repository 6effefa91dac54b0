"""`bench`: figures, measured interleaved in one process."""

import json
from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Measure speed.", rich_markup_mode=None, no_args_is_help=True)
    group.callback()(lambda: None)
    group.command("overhead")(overhead)
    group.command("correctness")(correctness)
    group.command("sweeps")(sweeps)
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


def correctness(
    model: str = typer.Option("bundled", help="A model to check as well; empty: tiny ones alone."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Every patching site in every architecture, against plain hooks; exit 1 where not equal."""
    from ...evals.bench.correctness import table
    from ...tools.models import load_model

    lines = table(model=load_model(model) if model else None)
    if as_json:
        print(json.dumps(lines, indent=1))
    else:
        for line in lines:
            print(
                f"{line['model']:24} {line['site']:10} {line['cells']:3} cells  "
                f"error {line['error']:.0e}  moved {line['moved']:.0e}  "
                f"{'equal' if line['equal'] else 'NOT EQUAL'}"
            )
    return 0 if all(line["equal"] for line in lines) else 1


def sweeps(
    model: str = typer.Option("bundled", help="Model to measure."),
    tokens: list[int] = typer.Option([12, 20, 30], min=4, help="Prompt lengths."),
    sample: int = typer.Option(12, min=2, help="Cells of the generic loop timed in each round."),
    rounds: int = typer.Option(3, min=1, help="Interleaved rounds."),
    save: Path | None = typer.Option(None, help="Folder for sweeps.json and RESULTS.md."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Patching sweeps beside TransformerLens' generic loop, equal numbers checked."""
    from ...evals.bench.sweeps import measure, results_page
    from ...tools.models import load_model

    found = measure(load_model(model), lengths=tokens, sample=sample, rounds=rounds)
    if save is not None:
        save.mkdir(parents=True, exist_ok=True)
        (save / "sweeps.json").write_text(json.dumps(found, indent=1) + "\n")
        (save / "RESULTS.md").write_text(results_page(found))
    print(json.dumps(found, indent=1) if as_json else results_page(found))
    return 0 if all(c["largest_difference"] < 1e-3 for c in found["cases"]) else 1
