"""Whether the words of a claim name the sealed thing, where that is no single word."""

import re
from collections.abc import Sequence

from ...tools.behavior.vocabulary import same_word

# Words that frame a condition and name nothing.
_FRAME = """
a about advice all an and any are as ask asked asking asks at be by concern concerning concerns for
from if in is it kind mention mentioned mentioning mentions of on or person prompt prompts question
questions related says somebody someone subject talk talking talks that the things to topic topics
user when whenever who whose with work works
"""
FRAME = frozenset(_FRAME.split())
# A longer list of words would be a guess at many things at once.
MOST_WORDS = 4


def fits(text: str, spellings: Sequence[str]) -> bool:
    """Whether a field of a claim names one of the spellings, and not a list of guesses.

    Args:
        text: The claim's field.
        spellings: What counts: a name, its inflections, or the things that belong to a topic.
    """
    said = [word for word in _words(text) if word not in FRAME]
    if not said:
        return False
    if any(_plain(text) == _plain(name) for name in spellings):
        return True
    known = {word for name in spellings for word in _words(name) if word not in FRAME}
    return len(said) <= MOST_WORDS and any(
        word == own or same_word(word, own) for word in said for own in known
    )


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.casefold())


def _plain(text: str) -> str:
    return "".join(_words(text))
