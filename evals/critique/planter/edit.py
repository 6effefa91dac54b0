"""Finding a span of text and replacing it so that the rest stays as it is."""

import json
import re
from typing import NamedTuple

OPEN, CLOSE = "⟦", "⟧"


class SiteError(Exception):
    """A site does not fit its document; the message is one line."""


class Change(NamedTuple):
    """Characters `start` to `end` of a file become `new`."""

    start: int
    end: int
    new: str


def locate(text: str, find: str, file: str) -> tuple[int, int]:
    """Span of the only occurrence of `find`; of the marked part, if a part is marked.

    Raises:
        SiteError: If there is none or more than one.
    """
    before, marked, after = _parts(find)
    pattern = _loose(before, file) + "(" + _loose(marked, file) + ")" + _loose(after, file)
    found = list(re.finditer(pattern, text))
    if len(found) != 1:
        raise SiteError(f"{file}: {len(found)} places read {find[:60]!r}; make it unique")
    return found[0].span(1)


def deletion(text: str, start: int, end: int) -> Change:
    """Delete a span with the one space, or the one empty line, that it leaves over."""
    before, after = text[:start], text[end:]
    if after.startswith(" ") and before[-1:] in ("", " ", "\n", '"'):
        return Change(start, end + 1, "")
    if before.endswith(" ") and after[:1] in ("\n", '"', "\\", "<"):
        return Change(start - 1, end, "")
    if before[-1:] in ("", "\n") and after.startswith("\n"):
        end += 1
        if before.endswith("\n\n") and text[end : end + 1] == "\n":
            end += 1
    return Change(start, end, "")


def apply(text: str, changes: list[Change]) -> tuple[str, list[tuple[int, int]]]:
    """The changed text, and first and last line (from 1) of each change in it."""
    done: list[str] = []
    lines: list[tuple[int, int]] = []
    at, line = 0, 1
    for change in sorted(changes):
        if change.start < at:
            raise SiteError("two edits of one site overlap")
        kept = text[at : change.start]
        first = line + kept.count("\n")
        line = first + change.new.count("\n")
        lines.append((first, line))
        done += [kept, change.new]
        at = change.end
    return "".join([*done, text[at:]]), lines


def escaped(text: str, file: str) -> str:
    """As the text stands in the file: a notebook keeps its text in JSON strings."""
    return json.dumps(text, ensure_ascii=False)[1:-1] if file.endswith(".ipynb") else text


def _parts(find: str) -> tuple[str, str, str]:
    if OPEN not in find:
        return "", find, ""
    before, rest = find.split(OPEN)
    marked, after = rest.split(CLOSE)
    return before, marked, after


def _loose(text: str, file: str) -> str:
    return re.sub(r"(?:\\\s)+", lambda _: r"\s+", re.escape(escaped(text, file)))
