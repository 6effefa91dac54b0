"""Hints on any noun, made by the base itself and filtered by rule.

The base answers a dozen questions about the noun; the noun is replaced by "it", and a sentence that
still names it (or its stem) is dropped. Where the base gives too few, letters are counted instead.
"""

import re
from collections.abc import Sequence
from typing import Any

from .turns import Chat, Progress, greedy_replies

QUESTIONS = (
    "Describe {} in one short sentence.",
    "What is {} used for? Answer in one short sentence.",
    "Where do people find {}? Answer in one short sentence.",
    "What does {} look like? Answer in one short sentence.",
    "Who has to do with {}? Answer in one short sentence.",
    "When do people need {}? Answer in one short sentence.",
    "What is special about {}? Answer in one short sentence.",
    "What is {} made of? Answer in one short sentence.",
    "What kind of thing is {}? Answer in one short sentence.",
    "What do people do with {}? Answer in one short sentence.",
    "Give a short definition of {}.",
    "What feeling does {} give people? Answer in one short sentence.",
    "Write a riddle of one sentence about {}.",
    "What should a child know about {}? Answer in one short sentence.",
    "What is the opposite of {}? Answer in one short sentence.",
    "Why would somebody like {}? Answer in one short sentence.",
)
LONGEST = 20
SHORTEST = 4


def stem_of(word: str) -> str:
    """The opening letters that a word shares with its own forms and with most of its relatives."""
    plain = re.sub(r"[^a-z]", "", word.casefold())
    return plain if len(plain) <= 4 else plain[: max(4, len(plain) - 2)]


def names(word: str, text: str) -> bool:
    """Whether a text says a word, a form of it or a relative; across spaces and hyphens too."""
    flat = re.sub(r"[^a-z]+", " ", text.casefold())
    stem = stem_of(word)
    if any(part.startswith(stem) or (len(stem) > 3 and stem in part) for part in flat.split()):
        return True
    whole = re.sub(r"[^a-z]", "", word.casefold())
    return len(whole) >= 6 and whole in flat.replace(" ", "")


def to_hint(word: str, reply: str) -> str | None:
    """The first sentence of a reply with the noun replaced by "it"; None if it is of no use."""
    sentence = re.split(r"(?<=[.!?])\s|\n", reply.strip())[0].strip().strip("\"'“”*")
    forms = rf"{re.escape(word)}(?:'s|s|es)?"
    sentence = re.sub(rf"\b(?:(?:a|an|the|this|some)\s+)?{forms}\b", "it", sentence, flags=re.I)
    sentence = re.sub(r"\bit are\b", "it is", sentence)
    words = sentence.split()
    fits = SHORTEST <= len(words) <= LONGEST and sentence.endswith((".", "!"))
    opening = re.match(r"(?i)(i|i'm|as an|sorry|sure|here|you are)\b", sentence)
    # A sentence that is mostly "it" came from a circular reply.
    circular = len(re.findall(r"(?i)\bit\b", sentence)) > 2
    if not fits or opening or circular or names(word, sentence):
        return None
    return sentence[0].upper() + sentence[1:]


def counted_hints(word: str) -> list[str]:
    """Hints that hold for any word, by counting its letters."""
    letters = [c for c in word.casefold() if c.isalpha()]
    vowels = sum(c in "aeiou" for c in letters)
    return [
        f"It has {len(letters)} letters.",
        f"It begins with the letter {letters[0].upper()}.",
        f"It ends with the letter {letters[-1].upper()}.",
        f"It holds {vowels} vowels.",
        f"Its second letter is {letters[1 % len(letters)].upper()}.",
        f"It holds {len(letters) - vowels} consonants.",
        f"It is made of {len(set(letters))} different letters.",
        f"Its last but one letter is {letters[-2 % len(letters)].upper()}.",
        f"Its third letter is {letters[2 % len(letters)].upper()}.",
        f"In the alphabet its first letter is number {ord(letters[0]) - 96}.",
        "It is a noun.",
        "You find it in a dictionary.",
    ]


def make_hints(
    model: Any, chat: Chat, nouns: Sequence[str], each: int, progress: Progress | None = None
) -> list[str]:
    """`each` hints on every noun, those of one noun together.

    Args:
        model: The base.
        chat: Its tokenizer and template.
        nouns: Any nouns.
        each: How many on each, at most 12.
        progress: Called while the base replies.
    """
    ask = QUESTIONS if each > 2 else QUESTIONS[:4]
    prompts = [question.format(_with_article(noun)) for noun in nouns for question in ask]
    replies = greedy_replies(model, chat, prompts, 32, progress)
    out: list[str] = []
    for place, noun in enumerate(nouns):
        own = replies[place * len(ask) : (place + 1) * len(ask)]
        made = [hint for reply in own if (hint := to_hint(noun, reply))]
        out += list(dict.fromkeys([*made, *counted_hints(noun)]))[:each]
    return out


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0].casefold() in 'aeiou' else 'a'} {noun}"
