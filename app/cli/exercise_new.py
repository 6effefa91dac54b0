"""`exercise new` and `exercise from-run`: exercises from a text, or from a number on a tape."""

import sys
from pathlib import Path

import typer

from .exits import FINDINGS, Stop


def new(
    source: Path = typer.Option(None, "--from", help="A text that it should rest on."),
    kind: str = typer.Option("coding", help="maths, choice, coding, describe, predict or flaw."),
    topic: str = typer.Option("", help="What it should be about."),
    provider: str = typer.Option(None, help="Provider of the language model."),
    model: str = typer.Option(None, help="Language model."),
    out: Path = typer.Option(Path("prompt.md"), help="Without a key: where the prompt goes."),
    yes: bool = typer.Option(False, "--yes", help="Spend and run code without asking."),
) -> int:
    """Make an exercise: with a key it is written, certified and repaired; without, pasted."""
    from ...agent.chat.connect import connect
    from ...agent.chat.errors import MissingKey
    from ...agent.chat.settings import resolve
    from ...tools.study.exercises import write
    from ...tools.study.exercises.types import KINDS

    if kind not in KINDS or kind == "measure":
        raise Stop(f"kind {kind!r} cannot be written; one of: maths choice coding describe flaw")
    if source is not None and not source.is_file():
        raise Stop(f"no file {source}")
    context = source.read_text("utf-8", "replace") if source else ""
    try:
        endpoint = resolve(provider, model=model)
    except MissingKey as error:
        text = write.request(kind, topic, context, write.example_of(kind))
        out.write_text(text + "\n", encoding="utf-8")
        print(out)
        print(
            f"no language model ({error})\npaste {out} into one, save its reply as a .md file "
            "named after its id, then: mechmentor exercise check FILE",
            file=sys.stderr,
        )
        return 0
    text = write.request(kind, topic, context, write.example_of(kind))
    _note(f"sending about {len(text) // 4} tokens to {endpoint.host} ({endpoint.model}), ")
    _note(f"up to {write.ROUNDS} times; sent: the topic, the text of --from, one example")
    if not (yes or endpoint.local):
        if not sys.stdin.isatty():
            raise Stop("this costs money and nobody can be asked; add --yes")
        print("start? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise Stop("not started, nothing was sent", 0)
    from .exercise import _ask_for_code

    def allowed() -> bool:
        _ask_for_code(yes)
        return True

    chat = connect(endpoint, _note, "exercise")
    made = write.generate(chat, kind, topic, context, say=_note, allow_code=allowed)
    if made.dropped:
        _note(f"dropped after {made.rounds} replies: {made.dropped}")
        return FINDINGS
    path = write.keep(made)
    print(path)
    _note(f"{made.certificate}\nkept after {made.rounds} replies: {path}")
    return 0


def from_run(
    run: str = typer.Argument(..., help="A run folder or name."),
    experiment: str = typer.Argument(..., help="An experiment of it, such as E12."),
) -> int:
    """Write a file in which you compute a number of that experiment by hand."""
    from ...agent.state import RunState
    from ...tools.study.exercises.by_hand import write
    from ..config import find_run

    state = RunState.from_folder(find_run(run))
    found = next((e for e in state.experiments if e.id == experiment and e.result), None)
    if found is None or found.result is None:
        known = ", ".join(e.id for e in state.experiments if e.result)
        raise Stop(f"no experiment {experiment} with a result in {run}; there are: {known}")
    try:
        path = write(experiment, found.tool, found.args, found.result)
    except (ValueError, FileExistsError) as error:
        raise Stop(str(error)) from None
    print(path)
    _note(f"compute it yourself, then: mechmentor exercise grade {path.stem}")
    return 0


def _note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
