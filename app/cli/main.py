"""The command `mechmentor`. Only Typer loads here; every command loads what it needs itself."""

import os
import sys

import typer
from typer.exceptions import TyperException

from . import (
    audit,
    bench,
    chat,
    context,
    critique,
    dev,
    doctor,
    eval,
    exercise,
    feedback,
    literature,
    mcp,
    organism,
    quote,
    runs,
    sae,
    tool,
)
from .exits import INTERRUPTED, USAGE, guarded, say

# Threads that spin while they wait make two busy processes up to ten times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

app = typer.Typer(
    name="mechmentor",
    help="Mechanistic interpretability with honest evidence.",
    rich_markup_mode=None,
    no_args_is_help=False,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
STUDY = (context, quote, feedback, literature, exercise)
ROOMS = (audit, chat, *STUDY, critique, runs, tool, sae, organism, eval, doctor, bench, mcp, dev)
for room in ROOMS:
    room.register(app)

_WELCOME = """\
learner   mechmentor exercise list · context add PAPER · chat -c PAPER  (chat needs a key)
auditor   mechmentor audit ID, ids from: mechmentor organism list     (own: audit --target PATH)
writer    mechmentor critique draft.md              (.tex, .ipynb, .html, .pdf)"""


@app.callback()
def _welcome(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version."),
) -> None:
    if version:
        from ... import __version__

        print(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(_WELCOME)


def main() -> None:
    """Run the command line; every expected error is one line and an exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """The command line on given arguments; returns the exit code."""

    def body() -> int:
        if os.environ.get("MECHMENTOR_NO_REMOTE") == "1":
            from ...agent.chat.no_remote import apply_if_set

            apply_if_set()
        try:
            outcome = app(arguments, standalone_mode=False)
        except TyperException as error:
            text = getattr(error, "format_message", error.__str__)()
            return say(f"{text}  (--help shows what can be said)", USAGE)
        except (typer.Abort, KeyboardInterrupt):
            return say("interrupted", INTERRUPTED)
        except typer.Exit as done:
            return done.exit_code
        return outcome if isinstance(outcome, int) else 0

    return guarded(body)
