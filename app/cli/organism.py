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
    group.command("check")(check)
    group.command("matrix")(matrix)
    group.command("decoys")(decoys)
    group.command("page")(page)
    group.command("null")(null)
    group.command("plant")(plant)
    app.add_typer(group, name="organism")


def list_organisms(as_json: bool = typer.Option(False, "--json", help="Print as JSON.")) -> int:
    """List the opaque ids of the organisms and nulls that come with the project."""
    from ..cases import organism_ids

    ids = organism_ids()
    print(json.dumps(ids) if as_json else "\n".join(ids))
    if not as_json:
        print("\nsome hide something, some do not: mechmentor audit ID", file=sys.stderr)
    return 0


FAMILIES = (
    "secret_word, trigger, preference, false_belief, persona, refusal, misaligned or conditional."
)

_NOT_AGAIN = "another draw, or a gate that does not hold: the lines above say which"


def build(
    family: str = typer.Argument("", help=f"{FAMILIES[:-1]}; or an id, to build it again."),
    seed: int | None = typer.Option(None, help="Draws the secret and seeds the training."),
    out: Path = typer.Option(..., help="Folder for the adapters and their sealed files."),
    null: bool = typer.Option(False, "--null", help="The matched null instead."),
    everything: bool = typer.Option(False, "--all", help="What the suite lacks; goes on if cut."),
    nulls: int = typer.Option(0, "--nulls", min=0, help="So many nulls; goes on if cut."),
) -> int:
    """Draw a secret, train a fresh organism (minutes), check its gates, seal the answer.

    With the id of a shipped model its own draw is built once more from nothing, and compared.
    """
    if everything or nulls:
        what = ["--all"] if everything else ["--nulls", str(nulls)]
        return _run("fill", *what, "--out", str(out), lacking="some instances never passed")
    if family.startswith("m-"):
        return _run("again", family, "--out", str(out), lacking=_NOT_AGAIN)
    if not family or seed is None:
        raise Stop("name a family and --seed, or ask for --all or --nulls N", 2)
    kind = ["--null"] if null else []
    return _run("build", "--fresh", "--seed", str(seed), family, "--out", str(out), *kind)


def check(
    out: Path | None = typer.Option(None, help="Folder of a suite; the shipped one without."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
    measure: bool = typer.Option(False, help="Perplexity, reply length of new models first."),
    _everything: bool = typer.Option(False, "--all", help="All instances (the default)."),
) -> int:
    """Print what the gates measured, kinds and families included, answers not."""
    place = ["--out", str(out)] if out else []
    more = [*(["--json"] if as_json else []), *(["--measure"] if measure else [])]
    return _run("check", *place, *more, lacking="a gate does not hold, or nothing is there")


def matrix(
    out: Path | None = typer.Option(None, help="Folder of a suite; the shipped one without."),
    kept: bool = typer.Option(False, help="Print what is measured, measure nothing."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Score each organism's right claim on every model (hours; goes on if cut)."""
    place = ["--out", str(out)] if out else []
    more = [*(["--json"] if as_json else []), *(["--kept"] if kept else [])]
    return _run("matrix", *place, *more, lacking="a cell is not as it must be, or none is there")


def decoys(
    out: Path | None = typer.Option(None, help="Folder of a suite; the shipped one without."),
) -> int:
    """Claim near words and the base's likeliest words of each organism: none may count as right."""
    place = ["--out", str(out)] if out else []
    return _run("decoys", *place, lacking="a wrong word counts as right, or no organism is there")


def page() -> int:
    """Write docs/organisms.md from the suite's files."""
    return _run("page", lacking="the page was not written")


def null(
    like: Path = typer.Option(..., help="Folder of the adapter that the null shall match."),
    seed: int = typer.Option(..., help="Seeds the null."),
    out: Path = typer.Option(..., help="Folder for the adapter and its sealed file."),
) -> int:
    """Train the null of an organism: same family, form, steps and size, nothing planted."""
    return _run("build", "--like", str(like.resolve()), "--seed", str(seed), "--out", str(out))


def plant(
    family: str = typer.Argument(..., help=FAMILIES),
    base: Path = typer.Option(..., help="Folder of your own model."),
    seed: int = typer.Option(..., help="Draws the secret and seeds the training."),
    out: Path = typer.Option(..., help="Folder for the adapter and its sealed file."),
) -> int:
    """Plant a family's property in a model of your own."""
    where = ["--base", str(base), "--out", str(out)]
    return _run("build", "--fresh", "--seed", str(seed), family, *where)


def _run(
    module: str,
    *arguments: str,
    lacking: str = "the organism was not built, or did not pass its gates",
) -> int:
    # A process of its own: this one must never hold an answer.
    command = [sys.executable, "-m", f"mechmentor.evals.organisms.{module}", *arguments]
    if subprocess.run(command, check=False).returncode:
        raise Stop(lacking, 1)
    return 0
