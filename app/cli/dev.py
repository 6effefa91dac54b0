"""`dev fake-api` and `spend`: what helps whoever builds or pays."""

import json
import sys
from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="For developers.", rich_markup_mode=None, no_args_is_help=True)
    group.callback()(lambda: None)
    group.command("fake-api")(fake_api)
    group.command("tool-pages")(tool_pages)
    group.command("exercise-transcript")(exercise_transcript)
    group.command("exercise-times")(exercise_times)
    app.add_typer(group, name="dev")
    app.command()(spend)


def fake_api(
    script: Path = typer.Option(None, help="Scripted replies (YAML or JSON)."),
    port: int = typer.Option(8123, min=0, max=65535, help="Port on loopback."),
    mode: str = typer.Option("native", help="native or text tool calls."),
) -> int:
    """Serve an OpenAI-compatible API on loopback: scripted replies, or the playbook as a model."""
    from ..fake_api import serve

    serve("127.0.0.1", port, script, mode=mode)
    return 0


def tool_pages(
    pictures: bool = typer.Option(False, help="Run examples that have no picture yet (minutes)."),
    draw: list[str] = typer.Option(None, help="Draw this tool's picture anew."),
) -> int:
    """Write docs/tools from the tools' declarations, with pictures from real runs if asked."""
    from ..tool_pages import FOLDER, write

    if pictures or draw:
        from ..tool_pictures import draw as run_examples
        from ..tool_pictures import tell

        print(f"{len(run_examples(draw, tell))} pictures")
    print(f"{len(write())} pages in {FOLDER}")
    return 0


def exercise_transcript() -> int:
    """Write docs/exercises.md: one exercise of each kind, really done without a key."""
    from ..exercise_transcript import write

    print(write(lambda line: print(line, file=sys.stderr, flush=True)))
    return 0


def exercise_times(
    names: list[str] = typer.Argument(None, help="Coding exercises; none: all."),
    runs: int = typer.Option(3, min=1, max=20, help="Runs of each; the fastest counts."),
) -> int:
    """Measure what a right solution's run takes in the warm sandbox, at the level reached."""
    from ..exercise_times import measure

    worst = 0.0
    for line, seconds in measure(names or None, runs):
        print(line, flush=True)
        worst = max(worst, seconds)
    print(f"slowest: {worst:.2f} s")
    return 0


def spend(as_json: bool = typer.Option(False, "--json", help="Print as JSON.")) -> int:
    """What language models have cost: today, this month, by model."""
    from ...agent.chat.spending import totals

    found = totals()
    print(json.dumps(found, indent=1) if as_json else _lines(found))
    return 0


def _lines(found: object) -> str:
    return json.dumps(found, indent=1)
