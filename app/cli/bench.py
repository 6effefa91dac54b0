"""`bench`: figures, measured interleaved in one process."""

import json

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Measure speed.", rich_markup_mode=None, no_args_is_help=True)
    group.callback()(lambda: None)
    group.command("overhead")(overhead)
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
