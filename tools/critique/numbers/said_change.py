"""Which numbers of a sentence are the size of a change, a gap or a lead."""

import re

from .values import Number

_VERBS = (
    r"(?:ris|fall|drop|grow|increas|decreas|improv|declin|shrink|climb|lower|rais|beat|exceed|lead|trail|"
    r"differ|mov|chang|reduc|outperform|surpass|lag|top|edg|gain|jump|sink|slip|cut)\w*|rose|fell|grew|sank"
)
_NOUNS = (
    r"(?:gap|difference|drop|gain|loss|fall|rise|increase|decrease|change|improvement|reduction|margin|"
    r"cost|lead|advantage|edge|deficit|shortfall|penalty)"
)
_BEFORE = re.compile(
    rf"\b(?:{_VERBS}|better|worse|higher|lower|points?,?)(?: [^.,;:()]{{1,60}})? "
    r"by(?: only| another| just| a further)?\s+$"
    r"|\b(?:costs?|gains?|loses?|lost|gained|adds?|saves?)(?: (?:only|just|another|the \w+ \w+))?\s+$"
    r"|\bminus [^.;:()\d]{2,40}? (?:is|was|gives|=)\s+$"
    rf"|\b{_NOUNS}(?: between [^\d.,;:()]{{2,60}}?)? (?:of|is|was|amounts to|comes to)(?: only| just)?\s+$"
)
_AFTER = re.compile(
    rf"(?:-| )(?:nats?|bits?|logits?|points?)(?:-| ){_NOUNS}\b"
    r"|\s(?:[a-z]+ )?(?:higher|lower|more|less|fewer|better|worse|above|below|earlier|later|longer|shorter|"
    r"faster|slower|ahead of|behind)\b"
)
_NONE = re.compile(
    r"(?:±|about|around|nearly|roughly|almost|some|over|under|≈|~|than|to|and|at least|at most|more than|"
    r"less than|up to|=|p\s?[<=>])\s*$"
)


def changes(text: str, number: Number) -> bool:
    """Whether a number is the size of a change; hedged ones are not."""
    before, after = text[: number.start], text[number.end :]
    if _NONE.search(before) or re.match(r"\s*(?:×|x\b|times|-?fold|of (?:the )?\d)", after):
        return False
    return (
        number.unit == "points"
        or _BEFORE.search(before) is not None
        or _AFTER.match(after) is not None
    )
