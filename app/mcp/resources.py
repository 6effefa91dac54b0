"""What an assistant may read: contexts with line numbers, tapes, and reports made from them."""

from pathlib import Path

from mcp_types import Resource

from ...tools.study.contexts.library import Library, NoContext

RUNS = "mechmentor://runs/"
CONTEXTS = "mechmentor://contexts/"
_KINDS = {"report": "text/html", "tape": "application/jsonl"}


def listed(runs: Path, library: Library) -> list[Resource]:
    """One resource for each context, two for each run below a folder."""
    found = [
        Resource(uri=CONTEXTS + name, name=f"context {name}", mime_type="text/plain")
        for name in library.names()
    ]
    return found + [
        Resource(
            uri=f"{RUNS}{tape.parent.name}/{kind}",
            name=f"{tape.parent.name} {kind}",
            mime_type=mime,
        )
        for tape in sorted(runs.glob("*/tape.jsonl"))
        for kind, mime in _KINDS.items()
    ]


def content(runs: Path, library: Library, uri: str) -> tuple[str, str]:
    """Text and type of a resource.

    Raises:
        KeyError: If there is none of that address; only addresses that are listed can be read.
    """
    if uri not in {str(resource.uri) for resource in listed(runs, library)}:
        raise KeyError(f"no resource {uri!r}; resources/list shows them")
    if uri.startswith(CONTEXTS):
        try:
            source = library.source(uri.removeprefix(CONTEXTS))
        except NoContext as error:
            raise KeyError(str(error)) from None
        lines = source.document.text.split("\n")
        return "\n".join(f"L{n} {line}" for n, line in enumerate(lines, 1)), "text/plain"
    name, kind = uri.removeprefix(RUNS).rsplit("/", 1)
    if kind == "tape":
        return (runs / name / "tape.jsonl").read_text(encoding="utf-8"), _KINDS[kind]
    from ..report import render

    return render(runs / name), _KINDS[kind]
