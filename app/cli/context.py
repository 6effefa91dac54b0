"""`context add|list|show|pack|remove`: papers, pages, notes and sources to read and quote from."""

import json
import sys
from pathlib import Path
from typing import Any

import typer

from .exits import Stop


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Papers, sources and notes.", rich_markup_mode=None, no_args_is_help=True
    )
    group.command("add")(add)
    group.command("list")(list_contexts)
    group.command("show")(show)
    group.command("pack")(pack)
    group.command("remove")(remove)
    app.add_typer(group, name="context")


def add(
    source: str = typer.Argument("", help="File, folder, address, arXiv id or suggested name."),
    package: str = typer.Option("", help="The source of an installed library instead."),
    name: str = typer.Option("", help="One word; citations use it."),
    only: list[str] = typer.Option([], help="For folders: take files such as '*.py' only."),
    replace: bool = typer.Option(False, "--replace", help="Replace a context of that name."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Load a document, number its lines and keep it."""
    from ...tools.study.contexts.library import Library, card_json, suggested
    from ...tools.study.contexts.load import load, load_package

    if bool(source) == bool(package):
        raise Stop("name one thing: a file, folder, address or arXiv id; or --package NAME")
    if package:
        loaded = load_package(package, only=tuple(only))
    else:
        listed = suggested().get(source) if not Path(source).exists() else None
        name = name or (source if listed else "")
        print(f"loading {listed['source'] if listed else source}", file=sys.stderr)
        loaded = load(listed["source"] if listed else source, only=tuple(only))
    card = Library().add(loaded.document, loaded.source, name, replace=replace)
    for warning in card.warnings:
        print(f"note: {warning}", file=sys.stderr)
    if as_json:
        print(card_json(card))
    else:
        figures = f", {len(card.figures)} figures" if card.figures else ""
        print(f"{card.name}: {card.title}")
        print(
            f"{card.kind}, {card.lines} lines, about {card.tokens} tokens{figures}, {card.source}"
        )
    return 0


def list_contexts(
    is_suggested: bool = typer.Option(
        False, "--suggested", help="Readings worth fetching, by name."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """List contexts, or what is worth adding."""
    from ...tools.study.contexts.library import Library, card_json, suggested

    if is_suggested:
        if as_json:
            print(json.dumps(suggested()))
            return 0
        for word, reading in suggested().items():
            print(f"{word:<16} {reading['source']:<14} {reading['title']}")
        print("add one with: mechmentor context add NAME", file=sys.stderr)
        return 0
    library = Library()
    cards = [library.card(n) for n in library.names()]
    if as_json:
        print(json.dumps([json.loads(card_json(c)) for c in cards]))
        return 0
    for card in cards:
        size = f"{card.lines:>6} lines {card.tokens:>8} tokens"
        print(f"{card.name:<20} {card.kind:<9} {size}  {card.title}")
    return 0


def show(
    name: str,
    lines: str = typer.Option("", help="Lines to print, such as 120-131."),
    as_json: bool = typer.Option(False, "--json", help="Print what is known as JSON."),
) -> int:
    """Print a context with its line numbers."""
    from ...tools.study.contexts.library import Library, card_json

    library = Library()
    card = library.card(name)
    if as_json:
        print(card_json(card))
        return 0
    document = library.source(name).document
    try:
        parts = (
            [int(x.strip().removeprefix("L")) for x in lines.split("-")]
            if lines
            else [1, card.lines]
        )
    except ValueError:
        raise Stop(f"{lines!r} are no lines; write --lines 120-131") from None
    if not 1 <= parts[0] <= parts[-1] or parts[0] > card.lines:
        raise Stop(f"{name} has lines 1-{card.lines}")
    print(f"{card.title} ({card.source}; sha256 {card.sha256[:16]})", file=sys.stderr)
    if where := document.where(parts[0]):
        print(f"L{parts[0]} is {where}", file=sys.stderr)
    print(document.numbered(parts[0], parts[-1]))
    return 0


def pack(
    names: list[str] = typer.Argument(..., help="Contexts, in order."),
    out: Path = typer.Option(None, help="Write to this file; else to the standard output."),
    budget: int = typer.Option(None, min=100, help="Tokens at most."),
    query: str = typer.Option("", help="Over budget, keep the passages nearest to this."),
) -> int:
    """Put contexts into one numbered text for another chat or an editor."""
    from ...tools.study.contexts.library import Library
    from ...tools.study.contexts.pack import pack as packed

    found = packed(Library().sources(tuple(names)), budget=budget, query=query)
    for line in found.left_out:
        print(f"note: {line}", file=sys.stderr)
    print(
        f"about {found.tokens} tokens (characters / 4; models differ by a third)", file=sys.stderr
    )
    _write(found.text, out)
    return 0


def remove(name: str) -> int:
    """Remove a context; what it was loaded from stays."""
    from ...tools.study.contexts.library import Library

    card = Library().remove(name)
    print(f"removed {card.name} (it came from {card.source})")
    return 0


def _write(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise Stop(f"cannot write {out}: {error.strerror}") from None
    print(f"written: {out}", file=sys.stderr)


def read_text(named: str, clipboard: bool = False) -> str:
    """A text from a file, the standard input (`-`), `$EDITOR` (`edit`) or the clipboard.

    Raises:
        Stop: If there is none.
    """
    if clipboard:
        return _clipboard()
    if named == "-":
        data: Any = (
            sys.stdin.buffer.read() if hasattr(sys.stdin, "buffer") else sys.stdin.read().encode()
        )
    else:
        path = Path(named)
        if named == "edit" and not path.is_file():
            from .tutor.lines import edited

            return edited()
        if not path.is_file():
            raise Stop(f"no file {named!r}; - reads the standard input, edit opens $EDITOR")
        data = path.read_bytes()
    from ...tools.study.contexts.formats.plain import decode

    text = decode(data)
    if not text.strip():
        raise Stop("the text is empty")
    return text


def _clipboard() -> str:
    import shutil
    import subprocess

    ways = [
        ["wl-paste", "--no-newline"], ["xclip", "-selection", "clipboard", "-o"],
        ["xsel", "--clipboard", "--output"], ["pbpaste"],
        ["powershell.exe", "-NoProfile", "-Command", "Get-Clipboard"],
    ]  # fmt: skip
    for way in ways:
        if shutil.which(way[0]):
            done = subprocess.run(way, capture_output=True, check=False, timeout=10)
            if done.returncode == 0 and done.stdout.strip():
                return done.stdout.decode("utf-8", errors="replace")
    raise Stop("nothing could be read from the clipboard; save the reply to a file, or use -")
