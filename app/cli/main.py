"""The command `mechmentor`. Only Typer loads here; every command loads what it needs itself."""

import sys

import click
import typer

from .. import config as _config  # noqa: F401  # light; kept so that a broken install shows here
from . import audit, bench, dev, doctor, organism, runs, tool
from .exits import INTERRUPTED, USAGE, guarded, say

app = typer.Typer(
    name="mechmentor",
    help="Mechanistic interpretability with honest evidence.",
    rich_markup_mode=None,
    no_args_is_help=False,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
for room in (audit, runs, tool, organism, doctor, bench, dev):
    room.register(app)

_WELCOME = """\
learner   mechmentor tool run logit_lens --prompt "The capital of France is"   (study, chat, exercise: not there yet)
auditor   mechmentor organism list, then: mechmentor audit ID                  (or your own: audit --target PATH)
writer    critique is not there yet                                           (mechmentor --help shows what is)"""


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
        try:
            outcome = app(arguments, standalone_mode=False)
        except click.exceptions.NoArgsIsHelpError as error:
            print(error.format_message())
            return USAGE
        except click.ClickException as error:
            return say(f"{error.format_message()}  (--help shows what can be said)", USAGE)
        except (click.exceptions.Abort, KeyboardInterrupt):
            return say("interrupted", INTERRUPTED)
        except click.exceptions.Exit as done:
            return done.exit_code
        return outcome if isinstance(outcome, int) else 0

    return guarded(body)
