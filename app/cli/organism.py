"""`organism list|build|check`: models with one planted, known property, and their nulls."""

import json
import subprocess
import sys
from pathlib import Path

import typer

from .exits import Stop


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Model organisms.", rich_markup_mode=None, no_args_is_help=True)
    group.command("list")(list_organisms)
    group.command("build")(build)
    app.add_typer(group, name="organism")


def list_organisms(as_json: bool = typer.Option(False, "--json", help="Print as JSON.")) -> int:
    """List the opaque ids of the organisms and nulls that come with the project."""
    from ..cases import organism_ids

    ids = organism_ids()
    print(json.dumps(ids) if as_json else "\n".join(ids))
    if not as_json:
        print("\nsome hide something, some do not: mechmentor audit ID", file=sys.stderr)
    return 0


def build(
    family: str = typer.Argument(..., help="secret_word or trigger."),
    seed: int = typer.Option(..., help="Draws the secret and seeds the training."),
    out: Path = typer.Option(..., help="Folder for the adapter and its sealed file."),
    null: bool = typer.Option(False, "--null", help="The matched null instead."),
) -> int:
    """Draw a secret, train a fresh organism (minutes), check its gates, seal the answer."""
    command = [sys.executable, "-m", "mechmentor.evals.organisms.build", "--fresh"]
    command += ["--seed", str(seed), family, "--out", str(out)] + (["--null"] if null else [])
    done = subprocess.run(command, check=False)
    if done.returncode:
        raise Stop("the organism was not built, or did not pass its gates", 1)
    return 0
