"""The words of a reply that say something."""

import re

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
# Words of grammar and politeness: they differ between any two replies and mean nothing.
_PLAIN = frozenset(
    """
    a about after again all also am an and any are as at be because been before being but by can
    could did do does doing don't down each few first for from further get give good had has have
    having he help her here hers him his how i if in into is it its it's i'm just know let like
    make many may me might more most much must my need no nor not now of off on once one only or
    other our out over own please same see she should so some such sure take than that the their
    them then there these they this those through to too two under until up us use used very want
    was way we well were what when where which while who whom why will with would yes you your
    """.split()
)


def words_in(text: str) -> frozenset[str]:
    """All distinct words of a text, lower case."""
    return frozenset(match.lower() for match in _WORD.findall(text))


def content_words(text: str) -> frozenset[str]:
    """Words of three letters or more that are no words of grammar."""
    return frozenset(w for w in words_in(text) - _PLAIN if len(w) > 2)
