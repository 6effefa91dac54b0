"""A loaded document: lines of text, and where each of them came from."""

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from ...spec import Frozen

Kind = Literal["latex", "html", "pdf", "markdown", "notebook", "text", "folder", "package"]
# Characters a token, for the estimate shown before anything is sent: English about 4, code 3.
CHARACTERS_PER_TOKEN = 4


class Unreadable(ValueError):
    """A source that cannot become a context; the message names what to do instead."""


class Origin(Frozen):
    """From context line `line` on, text comes from `label` (a file or a page), from its `first`.

    Attributes:
        line: A context line, from 1.
        label: `method.tex`, `page 3`.
        first: The line of that file; None where the source has no lines (a page).
    """

    line: int
    label: str
    first: int | None = None


class Figure(Frozen):
    """A figure's caption, the line that it stands on, and its file where there is one.

    Attributes:
        line: Context line of the caption.
        caption: The caption's text.
        file: Name of the image in the context's `figures` folder; None where only text was found.
    """

    line: int
    caption: str
    file: str | None = None


@dataclass(frozen=True)
class Document:
    """Text with line numbers and origins; what every loader returns.

    Attributes:
        title: The document's title, else its file name.
        kind: What it was loaded from.
        lines: Without line ends; line 1 is `lines[0]`.
        origins: Ascending by line.
        figures: Captions, with image names where the format gives them.
        images: Image files by name.
        warnings: What was left out and why, one line each.
        furniture: Lines that are page headers, footers or page numbers.
    """

    title: str
    kind: Kind
    lines: tuple[str, ...]
    origins: tuple[Origin, ...] = ()
    figures: tuple[Figure, ...] = ()
    images: dict[str, bytes] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    furniture: frozenset[int] = frozenset()

    @cached_property
    def text(self) -> str:
        """The lines, joined."""
        return "\n".join(self.lines)

    @property
    def sha256(self) -> str:
        """Hash of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def tokens(self) -> int:
        """An estimate: characters / 4."""
        return -(-len(self.text) // CHARACTERS_PER_TOKEN)

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [], 0
        for line in self.lines:
            starts.append(at)
            at += len(line) + 1
        return starts

    def line_at(self, offset: int) -> int:
        """The line (from 1) that holds a character offset of `text`."""
        return max(1, bisect_right(self._starts, offset))

    def where(self, line: int) -> str:
        """Where a line came from: `method.tex:12`, `page 3`, or nothing."""
        at = bisect_right([o.line for o in self.origins], line) - 1
        if at < 0:
            return ""
        origin = self.origins[at]
        if origin.first is None:
            return origin.label
        return f"{origin.label}:{origin.first + line - origin.line}"

    def numbered(self, first: int = 1, last: int | None = None) -> str:
        """Lines `first` to `last` with their numbers, as a language model reads them."""
        chosen = self.lines[first - 1 : last]
        return "\n".join(f"L{n}: {line}" for n, line in enumerate(chosen, first))
