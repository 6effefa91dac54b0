"""A context: one source as lines that can be cited."""

import hashlib
from bisect import bisect_right

from pydantic import Field

from ...spec import Frozen

# About what a token is in English prose; good enough to say whether a text fits.
CHARACTERS_PER_TOKEN = 4


class ContextError(Exception):
    """A source that gives no text; the message is one line and names what to do."""


class Origin(Frozen):
    """From this line on the text comes from that place.

    Attributes:
        line: First line (from 1) of the context.
        place: A file, or `page 3`.
        at: Line in that file (from 1); 1 for pages.
    """

    line: int = Field(ge=1)
    place: str
    at: int = Field(1, ge=1)


class Figure(Frozen):
    """A figure's caption and where it stands."""

    line: int = Field(ge=1)
    caption: str
    file: str | None = None


class Context(Frozen):
    """A source as text.

    Attributes:
        name: Short; what citations use.
        title: As the source has it, else the name.
        source: Where it came from: a file's name, an address, a package with its version.
        kind: `latex`, `html`, `pdf`, `markdown`, `notebook`, `folder`, `package` or `text`.
        text: Lines that `[name:L3]` counts.
        origins: Where the lines came from, in order.
        figures: Captions of figures.
        notes: What could not be read, one line each.
    """

    name: str
    title: str
    source: str
    kind: str
    text: str
    origins: list[Origin] = Field(default_factory=list)
    figures: list[Figure] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)

    @property
    def sha256(self) -> str:
        """Hash of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def lines(self) -> list[str]:
        """The text's lines."""
        return self.text.split("\n")

    @property
    def tokens(self) -> int:
        """About how many tokens it takes in a prompt."""
        return -(-len(self.text) // CHARACTERS_PER_TOKEN)

    def numbered(self, first: int = 1, last: int | None = None) -> str:
        """Lines with their numbers, as prompts show them."""
        chosen = self.lines[first - 1 : last]
        return "\n".join(f"L{first + n}: {line}" for n, line in enumerate(chosen))

    def where(self, line: int) -> str:
        """The place in the source that a line came from."""
        at = bisect_right([origin.line for origin in self.origins], line) - 1
        if at < 0:
            return self.source
        origin = self.origins[at]
        if origin.place.startswith("page "):
            return origin.place
        return f"{origin.place}:{origin.at + line - origin.line}"
