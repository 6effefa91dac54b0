"""`quote check|selftest` and `paste`: any chat's reply through the quotation check."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from .context import read_text
from .exits import FINDINGS, Stop

if TYPE_CHECKING:
    from ...tools.study.quotes.check import Report


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Verified quotations.", rich_markup_mode=None, no_args_is_help=True)
    group.command("check")(check)
    group.command("selftest")(selftest)
    app.add_typer(group, name="quote")
    app.command()(paste)


def check(
    file: str = typer.Argument("-", help="A reply; - reads the standard input."),
    context: list[str] = typer.Option([], help="Contexts it quotes from; none means all."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Strike out what stands in no context. Exit code 1 if anything was."""
    from ...tools.study.contexts.library import Library
    from ...tools.study.quotes.check import check_reply

    text = read_text(file)
    return print_report(check_reply(text, Library().sources(tuple(context))), as_json)


def print_report(report: "Report", as_json: bool = False) -> int:
    """The checked reply on stdout, the verdicts on stderr."""
    if as_json:
        rows = [
            asdict(c) | {"citation": c.found.citation if c.found else None} for c in report.checked
        ]
        print(json.dumps({"text": report.text, "quotations": rows, "notes": report.notes}))
        return FINDINGS if report.unverified else 0
    print(report.text.rstrip("\n"))
    for item in report.checked:
        place = item.found.citation if item.found else ""
        print(f"{item.status:<11} {place:<24} {item.quotation.text[:60]!r}", file=sys.stderr)
    for note in report.notes:
        print(f"note: {note}", file=sys.stderr)
    print(report.summary, file=sys.stderr)
    return FINDINGS if report.unverified else 0


def selftest(
    context: str = typer.Argument(..., help="One of your contexts."),
    draws: int = typer.Option(60, min=5, max=2000, help="Spans to draw."),
    seed: int = typer.Option(0, help="Which spans."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Measure the check on your own text: genuine spans accepted, corrupted spans accepted."""
    from ...tools.study.contexts.library import Library
    from ...tools.study.quotes.selftest import self_test

    found = self_test(Library().source(context), draws=draws, seed=seed)
    if as_json:
        print(json.dumps(asdict(found)))
    else:
        print(f"genuine spans accepted     {found.accepted} of {found.genuine}")
        for kind, (taken, tried) in found.corrupted.items():
            print(f"corrupted, {kind:<15} {taken} of {tried}")
    if not found.genuine:
        raise Stop(f"{context} has no sentence to draw from")
    return FINDINGS if found.wrongly_accepted or found.accepted < 0.92 * found.genuine else 0


def paste(
    file: str = typer.Argument("-", help="The reply; - reads the standard input."),
    context: list[str] = typer.Option([], help="Contexts the chat was given; none means all."),
    text: str = typer.Option("", help="Your own text, where the reply criticises one."),
    clipboard: bool = typer.Option(False, "--clipboard", help="Take the reply from there."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Take a reply from any chat through the same checks. Exit code 1 if a quotation fell."""
    from ...tools.study.contexts.library import Library
    from ...tools.study.feedback.points import read_feedback

    reply = read_text(file, clipboard)
    own = read_text(text) if text else ""
    feedback = read_feedback(reply, Library().sources(tuple(context)), own)
    code = print_report(feedback.report, as_json)
    if feedback.points and not as_json:
        print(feedback.summary, file=sys.stderr)
    return code
