"""`bench`: figures, measured interleaved in one process."""

import json

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Measure speed.", rich_markup_mode=None, no_args_is_help=True)
    group.callback()(lambda: None)
    group.command("overhead")(overhead)
    group.command("critique")(critique)
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


def critique(
    pages: int = typer.Option(20, min=1, help="Pages of the draft (500 words each)."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Seconds of the linter on a draft of 20 pages."""
    from ...evals.bench.critique import measure

    found = measure(pages)
    if as_json:
        print(json.dumps(found, indent=1))
        return 0
    print(f"{found['pages']} pages, {found['words']:,} words, median of {found['rounds']} rounds")
    print(f"reading {found['read_s']:.2f} s    rules {found['rules_s']:.2f} s")
    print(
        f"total   {found['total_s']:.2f} s    (target < 2 s; first time {found['first_s']:.2f} s)"
    )
    return 0
