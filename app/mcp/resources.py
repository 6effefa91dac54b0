"""Runs on disk as resources: the tape, and the report that is made from it."""

from pathlib import Path

from mcp_types import Resource

SCHEME = "mechmentor://runs/"
_KINDS = {"report": "text/html", "tape": "application/jsonl"}


def listed(runs: Path) -> list[Resource]:
    """Two resources for each run below a folder."""
    return [
        Resource(
            uri=f"{SCHEME}{tape.parent.name}/{kind}",
            name=f"{tape.parent.name} {kind}",
            mime_type=mime,
        )
        for tape in sorted(runs.glob("*/tape.jsonl"))
        for kind, mime in _KINDS.items()
    ]


def content(runs: Path, uri: str) -> tuple[str, str]:
    """Text and type of a resource.

    Raises:
        KeyError: If there is none of that address; only addresses that are listed can be read.
    """
    if uri not in {str(resource.uri) for resource in listed(runs)}:
        raise KeyError(f"no resource {uri!r}; resources/list shows them")
    name, kind = uri.removeprefix(SCHEME).rsplit("/", 1)
    if kind == "tape":
        return (runs / name / "tape.jsonl").read_text(encoding="utf-8"), _KINDS[kind]
    from ..report import render

    return render(runs / name), _KINDS[kind]
