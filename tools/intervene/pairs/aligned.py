"""Whether two prompts of equal length stand word for word at the same positions."""

import re

from ...spec import Refusal

_WORD = re.compile(r"\S+")


def check_aligned(clean: list[str], corrupted: list[str]) -> list[str]:
    """Warnings about two prompts, each given as its tokens' texts.

    Raises:
        Refusal: `bad_args`, if a token holds a changed word together with its neighbour: then a
            patch there would carry more than the change.
    """
    one, two = _words(clean), _words(corrupted)
    if len(one) != len(two):
        return ["The prompts have different numbers of words: positions may not correspond."]
    shifted = []
    for (word, start, end), (other, begin, stop) in zip(one, two, strict=True):
        if word == other and start != begin:
            shifted.append(word)
        for texts, first, last, own in ((clean, start, end, word), (corrupted, begin, stop, other)):
            joined = next((t for t in texts[first : last + 1] if len(_WORD.findall(t)) > 1), None)
            if word != other and joined is not None:
                raise Refusal(
                    "bad_args",
                    f"the token {joined!r} joins the changed word {own!r} with its neighbour",
                    "change both words, or choose a word whose tokens end where it ends",
                )
    if not shifted:
        return []
    return [f"{shifted[0]!r} stands at different positions: the words before it take other tokens."]


def _words(texts: list[str]) -> list[tuple[str, int, int]]:
    """Each word with the tokens that hold its first and its last letter."""
    at = [i for i, text in enumerate(texts) for _ in text]
    return [(m[0], at[m.start()], at[m.end() - 1]) for m in _WORD.finditer("".join(texts))]
