"""`context`, `quote`, `paste`, `feedback`: reading with quotations that are checked. No torch."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .exits import Stop

if TYPE_CHECKING:
    from ...tools.study.contexts.document import Context
    from ...tools.study.quotes.check import Checked

CONTEXTS = typer.Option([], "--context", "-c", help="A context's name or a file; repeatable.")
AS_JSON = typer.Option(False, "--json", help="Print as JSON.")
_CLIPBOARDS = (
    ("wl-paste", "--no-newline"),
    ("xclip", "-selection", "clipboard", "-o"),
    ("xsel", "--clipboard", "--output"),
    ("pbpaste",),
    ("powershell.exe", "-Command", "Get-Clipboard"),
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    context = typer.Typer(
        help="Papers, notes and code to work with.", rich_markup_mode=None, no_args_is_help=True
    )
    context.command("add")(add)
    context.command("list")(list_contexts)
    context.command("show")(show)
    context.command("pack")(pack)
    context.command("remove")(remove)
    app.add_typer(context, name="context")
    quote = typer.Typer(
        help="Quotations: in the text or not.", rich_markup_mode=None, no_args_is_help=True
    )
    quote.command("check")(check)
    quote.command("selftest")(selftest)
    app.add_typer(quote, name="quote")
    app.command()(paste)
    app.command()(feedback)


def add(
    source: str = typer.Argument(None, help="File, folder, or arXiv id."),
    name: str = typer.Option(None, help="Short name for citations."),
    package: str = typer.Option(None, "--package", help="Installed library to read."),
    patterns: list[str] = typer.Option([], "--filter", help="File pattern, such as '*.py'."),
) -> int:
    """Read a source and keep it as a context."""
    from ...tools.study.contexts import load
    from ...tools.study.contexts.arxiv import arxiv_id, load_arxiv
    from ...tools.study.contexts.library import Library

    if (source is None) == (package is None):
        raise Stop("give one source: a file, a folder, an arXiv id, or --package NAME")
    if package:
        found = load.package(package, name, patterns)
    elif not Path(source).expanduser().exists() and (identifier := arxiv_id(source)):
        print(f"fetching arXiv:{identifier}", file=sys.stderr)
        found = load_arxiv(identifier, name)
    else:
        found = load.load(source, name, patterns)
    Library().add(found)
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)
    print(f"{found.name}: {found.title} ({_size(found)})")
    return 0


def list_contexts(
    suggested: bool = typer.Option(False, "--suggested", help="Readings to begin with."),
    as_json: bool = AS_JSON,
) -> int:
    """List contexts: what is here, or what to read first."""
    from ...tools.study.contexts.library import Library
    from ...tools.study.contexts.suggested import SUGGESTED

    if suggested:
        rows = [{"name": s.name, "title": s.title, "add": s.source} for s in SUGGESTED]
        lines = [f"{s.name:<14} {s.title}\n{'':<14} {s.source}" for s in SUGGESTED]
    else:
        library = Library()
        found = [library.get(name) for name in library.names()]
        rows = [{"name": c.name, "title": c.title, "tokens": str(c.tokens)} for c in found]
        lines = [f"{c.name:<20} {c.title} ({_size(c)})" for c in found]
        lines = lines or ["none yet: mechmentor context add FILE (or list --suggested)"]
    print(json.dumps(rows, indent=1) if as_json else "\n".join(lines))
    return 0


def show(
    name: str = typer.Argument(..., help="A context."),
    lines: str = typer.Option(None, help="Lines, such as 120-131."),
    figures: bool = typer.Option(False, "--figures", help="Captions of figures instead."),
) -> int:
    """Print a context with its line numbers."""
    from ...tools.study.contexts.library import Library

    found = Library().get(name)
    if figures:
        print("\n".join(f"L{f.line}: {f.caption}" for f in found.figures) or "no captions found")
        return 0
    first, _, last = (lines or "1-").partition("-")
    if not first.isdigit() or not (last.isdigit() or not last):
        raise Stop("--lines takes 120-131")
    stop = int(last) if last else (None if "-" in (lines or "-") else int(first))
    print(found.numbered(int(first), stop))
    if lines:
        print(f"from {found.where(int(first))}", file=sys.stderr)
    return 0


def pack(
    names: list[str] = typer.Argument(..., help="Contexts."),
    out: Path = typer.Option(..., help="The file to attach to another chat or editor."),
) -> int:
    """Write contexts into one file with numbered lines."""
    from ...tools.study.contexts.library import Library, packed

    library = Library()
    chosen = [library.get(name) for name in names]
    out.write_text(packed(chosen), encoding="utf-8")
    print(f"{out}: {sum(c.tokens for c in chosen):,} tokens, about")
    return 0


def remove(name: str = typer.Argument(..., help="A context.")) -> int:
    """Forget a context."""
    from ...tools.study.contexts.library import Library

    Library().remove(name)
    return 0


def check(
    reply: str = typer.Argument("-", help="File with any chat's reply; - reads stdin."),
    contexts: list[str] = CONTEXTS,
    as_json: bool = AS_JSON,
) -> int:
    """Check a reply's quotations: those that no context says are struck out (exit 1)."""
    from ...tools.study.quotes.check import check_reply

    chosen = {c.name: c.text for c in _contexts(contexts)}
    checked = check_reply(_text(reply), chosen)
    if as_json:
        print(checked.model_dump_json(indent=1))
    else:
        print(checked.text)
        _report(checked)
    return 1 if checked.unverified else 0


def selftest(
    files: list[str] = typer.Argument(..., help="Your own texts: files or contexts."),
    per_kind: int = typer.Option(100, min=1, max=5000, help="Spans of each kind."),
    seed: int = typer.Option(0, help="Seed of the draws."),
    as_json: bool = AS_JSON,
) -> int:
    """Try genuine and corrupted spans of your own texts; any accepted corruption is exit 1."""
    from ...tools.study.quotes.selftest import selftest as run

    rates = run({c.name: c.text for c in _contexts(files)}, per_kind, seed)
    if as_json:
        print(json.dumps([r.model_dump() for r in rates], indent=1))
    else:
        for rate in rates:
            share = f"{rate.accepted / rate.tried:.1%}" if rate.tried else "no span fits"
            print(f"{rate.kind:<16} accepted {rate.accepted:>4} of {rate.tried:<4} {share}")
    return 1 if any(r.accepted for r in rates if r.kind != "genuine") else 0


def paste(
    reply: str = typer.Argument("-", help="File with the reply, -, or `clipboard`."),
    contexts: list[str] = CONTEXTS,
    out: Path = typer.Option(None, help="Where the checked reply goes (default: printed)."),
) -> int:
    """Take a reply from another chat through the same checks as our own."""
    from ...tools.study.quotes.check import check_reply

    text = _clipboard() if reply == "clipboard" else _text(reply)
    checked = check_reply(text, {c.name: c.text for c in _contexts(contexts)})
    if out:
        out.write_text(checked.text, encoding="utf-8")
    else:
        print(checked.text)
    _report(checked)
    return 1 if checked.unverified else 0


def feedback(
    text: str = typer.Argument("-", help="Your explanation or summary: a file, or -."),
    on: list[str] = typer.Option([], "--on", help="Context that it is about; repeatable."),
    framing: str = typer.Option("blind", help="Who is said to have written it, how to judge."),
    technique: str = typer.Option(None, help="A core technique whose rubric is added."),
    provider: str = typer.Option(None, help="As in audit."),
    model: str = typer.Option(None, help="Language model."),
    prompt_only: bool = typer.Option(False, "--prompt", help="Write the prompt to paste."),
    out: Path = typer.Option(Path("prompt.md"), help="Where the prompt to paste goes."),
    as_json: bool = AS_JSON,
) -> int:
    """Criticism of your own text, point by point, each with a quotation that is checked."""
    from ...agent.chat.errors import MissingKey
    from ...agent.chat.settings import resolve
    from ...tools.study.feedback.ask import ask, messages
    from ...tools.study.feedback.framings import FRAMINGS

    if framing not in FRAMINGS:
        raise Stop(f"--framing is one of {', '.join(FRAMINGS)}; not {framing!r}")
    chosen, said = _contexts(on), _text(text)
    rubric = _rubric(technique)
    endpoint = None
    if not prompt_only:
        try:
            endpoint = resolve(provider, model=model, role="critic")
        except MissingKey as missing:
            if provider or model:
                raise
            print(f"{missing}: writing the prompt to paste instead", file=sys.stderr)
    if endpoint is None:
        attached = out.with_name(f"{out.stem}-context.md")
        _write_prompt(
            out, attached, messages(said, chosen, FRAMINGS[framing], rubric, attach=True), chosen
        )
        names = " ".join(f"-c {c.name}" for c in chosen)
        print(f"{out}: paste it into any chat and attach {attached}")
        print(f"then: mechmentor paste clipboard {names}")
        return 0
    from ...agent.chat.connect import connect

    print(f"sent to {endpoint.host}, {endpoint.model}: the text and its contexts", file=sys.stderr)
    chat = connect(endpoint, lambda line: print(line, file=sys.stderr), "feedback")
    found = ask(chat, said, chosen, FRAMINGS[framing], rubric)
    if as_json:
        print(found.model_dump_json(indent=1))
    else:
        for point in found.points:
            print(f"{point.kind:<12} {point.text}")
        _report(found.checked)
    return 0


def _write_prompt(
    out: Path, attached: Path, asked: Sequence[object], chosen: "list[Context]"
) -> None:
    from ...tools.study.contexts.library import packed

    out.write_text(
        "\n\n".join(str(getattr(message, "content", "")) for message in asked) + "\n",
        encoding="utf-8",
    )
    attached.write_text(packed(chosen), encoding="utf-8")


def _rubric(technique: str | None) -> str:
    from ...tools.study.feedback.rubrics import RUBRICS

    if technique is None:
        return ""
    if technique not in RUBRICS:
        raise Stop(f"--technique is one of {', '.join(RUBRICS)}; not {technique!r}")
    return "; ".join(RUBRICS[technique])


def _contexts(names: list[str]) -> "list[Context]":
    from ...tools.study.contexts.library import Library
    from ...tools.study.contexts.load import load

    library = Library()
    if not names:
        known = ", ".join(library.names()) or "none yet: mechmentor context add FILE"
        raise Stop(f"name a context or a file with --context; there are: {known}")
    return [library.get(n) if n in library.names() else load(n) for n in names]


def _text(source: str) -> str:
    from ...tools.study.contexts.decode import read_text

    text = sys.stdin.read() if source == "-" else read_text(Path(source))
    if not text.strip():
        raise Stop("there is no text in it")
    return text


def _clipboard() -> str:
    for command in _CLIPBOARDS:
        if shutil.which(command[0]):
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
            if done.returncode == 0 and done.stdout.strip():
                return done.stdout
    raise Stop("the clipboard cannot be read here; save the reply and give the file, or pipe it")


def _report(checked: "Checked") -> None:
    n, wrong = len(checked.quotations), checked.unverified
    print(f"{n - len(wrong)} of {n} quotations are in the text", file=sys.stderr)
    for quotation in wrong:
        line = f"  not there: “{quotation.text[:80]}”"
        if quotation.nearest:
            first = quotation.lines[0] if quotation.lines else "?"
            line += f"\n  nearest ({quotation.context}:L{first}): “{quotation.nearest[:120]}”"
        print(line, file=sys.stderr)
    for citation in checked.citations:
        if not citation.exists:
            print(f"  {citation.text} points nowhere", file=sys.stderr)


def _size(context: "Context") -> str:
    return f"{len(context.lines):,} lines, about {context.tokens:,} tokens"
