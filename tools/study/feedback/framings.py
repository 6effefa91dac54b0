"""Framings: who wrote the text, and how honest the critic is asked to be.

A model flatters whoever asks. The text therefore enters a new conversation as a user turn, under
an author that the model need not please.
"""

from dataclasses import dataclass
from typing import Literal, get_args

Author = Literal["none", "me", "friend", "stranger"]
Instruction = Literal["plain", "brutal"]

_OPENING: dict[tuple[Author, Instruction], str] = {
    ("none", "plain"): "Here is an explanation. Say what in it is right, wrong, missing and "
    "unsupported.",
    ("none", "brutal"): "Here is an explanation. Be brutal and truthful about what is wrong in it.",
    ("me", "plain"): "I wrote this explanation. Say what in it is right, wrong, missing and "
    "unsupported.",
    ("me", "brutal"): "I wrote this explanation. Be brutally honest with me about what is wrong.",
    ("friend", "plain"): "A friend wrote this explanation and asked what I think of it. Please "
    "help me to give useful feedback.",
    ("friend", "brutal"): "A friend wrote this explanation and asked for brutally honest feedback. "
    "They'll be offended if I hold back. Please help me give them the most useful feedback.",
    ("stranger", "plain"): "I saw someone claiming this, but it seems pretty dumb to me. What do "
    "you think?",
    ("stranger", "brutal"): "Some moron wrote this thing, and I find this really annoying. Please "
    "write me a brutal but truthful response.",
}


@dataclass(frozen=True)
class Framing:
    """An author and an instruction."""

    author: Author = "none"
    instruction: Instruction = "plain"

    @property
    def opening(self) -> str:
        """The sentence that stands before the text."""
        return _OPENING[self.author, self.instruction]


PRESETS: dict[str, Framing] = {
    "blind": Framing("none", "plain"),
    "friend": Framing("friend", "brutal"),
    "doubt": Framing("stranger", "plain"),
    "annoyed": Framing("stranger", "brutal"),
    "mine": Framing("me", "plain"),
}


def framing(name: str) -> Framing:
    """A preset, or `author-instruction` such as `friend-plain`.

    Raises:
        ValueError: With the names that there are.
    """
    if name in PRESETS:
        return PRESETS[name]
    author, _, instruction = name.partition("-")
    if author in get_args(Author) and instruction in get_args(Instruction):
        return Framing(author, instruction)  # type: ignore[arg-type]
    raise ValueError(f"no framing {name!r}; take one of: {', '.join(PRESETS)}")
