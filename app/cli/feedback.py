"""`feedback TEXT --on CONTEXT`: criticism that does not know whose text it is."""

import sys
from pathlib import Path

import typer

from .context import read_text
from .exits import Stop
from .quote import print_report


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(feedback)


def feedback(
    text: str = typer.Argument("-", help="File with your explanation; - reads standard input."),
    on: list[str] = typer.Option(["default"], "--on", help="Contexts that it is held against."),
    framing: str = typer.Option("blind", help="blind, friend, doubt, annoyed or mine."),
    technique: str = typer.Option("", help="Add the rubric of a core technique."),
    no_key: bool = typer.Option(False, "--no-key", help="Only write prompt.md, to be pasted."),
    out: Path = typer.Option(Path("prompt.md"), help="Where the prompt goes."),
    provider: str = typer.Option(None, help="A provider; see doctor."),
    model: str = typer.Option(None, help="A model's name there."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask before money is spent."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Have your explanation criticised point by point; without a key, write the prompt."""
    from ...tools.study.contexts.library import Library
    from ...tools.study.feedback.framings import framing as named_framing
    from ...tools.study.feedback.points import read_feedback
    from ...tools.study.feedback.request import feedback_messages, feedback_prompt
    from ...tools.study.feedback.rubrics import rubric

    own = read_text(text)
    try:
        chosen, held = named_framing(framing), rubric(technique) if technique else None
    except ValueError as error:
        raise Stop(str(error)) from None
    library = Library()
    sources = library.sources(tuple(on))
    endpoint = None if no_key else _endpoint(provider, model)
    if endpoint is None:
        titles = [s.document.title for s in sources]
        out.write_text(
            feedback_prompt(own, list(on), titles, chosen, held) + "\n", encoding="utf-8"
        )
        names = " ".join(on)
        print(f"written: {out}")
        for name in on:
            print(f"attach:  mechmentor context pack {name} --out {name}.txt")
        options = " ".join(f"--context {n}" for n in names.split())
        back = f" --text {text}" if text != "-" else ""
        print(f"then:    mechmentor paste REPLY.txt {options}{back}")
        return 0
    from ...agent.chat.connect import connect
    from ...agent.chat.prices import estimate_tokens, price_of

    messages, left_out = feedback_messages(own, sources, chosen, held)
    tokens, price = estimate_tokens(messages), price_of(endpoint)
    cost = f"about ${tokens * price.input + 1500 * price.output:.4f}" if price else "unknown"
    for line in (
        *left_out,
        f"sent to {endpoint.host} ({endpoint.model}): your text and {', '.join(on)}, "
        f"about {tokens} tokens; price {cost}",
    ):
        print(line, file=sys.stderr)
    free = price is not None and price.input == 0 and price.output == 0
    if not (yes or endpoint.local or free):
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise Stop("this costs money and nobody can be asked; add --yes, or --no-key")
        print("send? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise Stop("not sent", 0)

    def notice(line: str) -> None:
        print(line, file=sys.stderr)

    reply = connect(endpoint, notice, "feedback").complete(messages)
    found = read_feedback(reply.text, sources, own)
    print_report(found.report, as_json)
    if not as_json:
        print(found.summary, file=sys.stderr)
    return 0


def _endpoint(provider: str | None, model: str | None):  # type: ignore[no-untyped-def]
    """Where the model is; None when no key is set and none was asked for."""
    from ...agent.chat.errors import MissingKey
    from ...agent.chat.settings import NO_KEY, resolve

    try:
        return resolve(provider, model=model, role="critic")
    except MissingKey as error:
        if provider is None and str(error) == NO_KEY:
            return None
        raise
