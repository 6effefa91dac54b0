"""Quantities that have bounds, and where a sentence gives one a value."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .values import printed

_V = r"(?P<v>[-−–]?(?:\d+(?:\.\d+)?|\.\d+))(?P<pc>\s?%|\s?per ?cent\b)?"
# Behind the value: no further digit, no power of ten, no other quantity of which it is a change.
_END = (
    r"(?![\d]|\.\d|e[-+−]?\d|\s?[×x·]\s?10|-\d|–\d|\s?(?:points?|pp|nats?|bits?|times|x|×|-?fold)\b|"
    r"\s(?:higher|lower|more|less|fewer|above|below|better|worse|of (?:the|its) (?:original|baseline)))"
)
_IS = r"(?:is|was|are|were|=|:|of|at|equals|reach(?:es|ed)?|to be|comes? to|stands at|(?:climb|ris|fall|drop|fell|rose)\w* to)"
_LINK = rf"(?:\s?\([^()\d]{{1,20}}\))?\s?{_IS}(?:\s(?:only|just|even))?\s?"
_FAR = r"(?:\s(?:between|of|on|for|in|over|with|from)\s[^\d.,;:()=]{2,45}?)\s?(?:is|was|are|were|=|:|equals|reach(?:es|ed)?|(?:climb|ris|fall|drop|fell|rose)\w* to)(?:\s(?:only|just))?\s?"


def _said(quantity: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?P<what>{quantity})(?:{_LINK}|{_FAR}){_V}{_END}")


@dataclass(frozen=True)
class Bound:
    """What a quantity can be.

    Attributes:
        said: Where a sentence gives it a value.
        low: Its lowest value.
        high: Its highest value, as a fraction.
        percent: Only values with a per cent sign count.
        most: Values above this are on another scale and say nothing.
    """

    said: re.Pattern[str]
    low: float = float("-inf")
    high: float = float("inf")
    percent: bool = False
    most: float = float("inf")


_RATE = (
    r"[Aa]ccurac(?:y|ies)|[Pp]recision|[Rr]ecall|F1(?:[- ]score)?|AUROC|AUC|[Ss]pecificity|[Ss]ensitivity|"
    r"(?:[A-Za-z-]+ )?(?:success|hit|win|refusal|error|pass|failure|false[- ]positive|true[- ]positive|"
    r"agreement|response) rate|[Oo]verlap|[Aa]greement"
)
BOUNDS = (
    Bound(_said(_RATE), low=0, high=1, percent=True),
    Bound(_said(r"AUROC|AUC|F1(?:[- ]score)?|ROC[- ]AUC"), low=0, high=1, most=2),
    Bound(_said(r"(?:[Aa] |[Tt]he )?[Pp]robability(?: mass)?"), low=0, high=1, most=2),
    Bound(_said(r"(?:[a-z]+ )?(?:[Ff]raction|[Pp]roportion)"), low=0, high=1, most=1.5),
    Bound(
        _said(
            r"(?:[Pp]earson(?:'s)? |[Ss]pearman(?:'s)? |[Rr]ank |[Pp]artial )?[Cc]orrelation(?: coefficient)?|"
            r"(?:Their |[Tt]he )?[Cc]osine(?: similarity)?|Krippendorff['’]s (?:α|alpha)|[Kk]endall['’]s (?:τ|tau)|"
            r"[Cc]ohen['’]s (?:κ|kappa)|(?:Spearman|Pearson)['’]?s? (?:ρ|rho|r)|φ|MCC"
        ),
        low=-1, high=1, most=20,
    ),
    Bound(_said(r"R²|R\^2|R2"), high=1, most=2),
    Bound(
        _said(
            r"[Ss]tandard (?:deviation|error)|[Vv]ariance|KL(?: divergence)?|[Pp]erplexity|MSE|RMSE|MAE|"
            r"(?:Euclidean |cosine )?[Dd]istance|[Mm]ean squared error|\bSDs?|\bSEM?|\bs\.d\.|IQR|"
            r"[Ss]ample size|[Nn]umber of [a-z]+s"
        ),
        low=0,
    ),
)  # fmt: skip
_ASSIGNS = re.compile(
    rf"\b(?:assigns?|gives?|puts?|gets?|receives?)(?: an?| the)? (?P<what>probability|attention) (?:of )?{_V}{_END}"
)
_PUTS = re.compile(
    rf"{_V} of (?:the|its|their) (?P<what>attention|probability|mass|variance|weight)\b"
)
_ITEMS = (
    r"(?:prompts|questions|examples|items|cases|voters|participants|people|heads|neurons|latents|features|tasks|"
    r"trials|replies|responses|answers|sentences|documents|layers|patients|students|raters|readers|pairs|samples|"
    r"subjects|users|runs|seeds|tokens)"
)
_SHARE = re.compile(
    rf"{_V} of (?:(?:the|all|our|these|those|all the) )?(?:[a-z-]+ )?(?P<what>{_ITEMS})\b"
)
_BARE_SPREAD = re.compile(
    r"(?<![\w-])(?P<what>[Ss]tandard (?:deviation|error)|SD|SE|s\.d\.|s\.e\.)(?:,| of| is| was)? (?P<v>[-−](?:\d+(?:\.\d+)?|\.\d+))(?P<pc>)"
)
_SPREAD = re.compile(r"\d\s?%?\s?±\s?(?P<v>[-−](?:\d+(?:\.\d+)?|\.\d+))(?P<what>)(?P<pc>)")
_COUNTED = re.compile(
    rf"\b(?:counted|found|had|has|have|were|are|kept|used|with|wrote|ran) (?P<v>[-−]\d+)(?P<pc>) (?P<what>(?:[a-z-]+ )?{_ITEMS}|errors|mistakes)\b"
)
_MORE = re.compile(
    r"\b(?:more|as many|as much|increase|grow|rise|up|used|budget|previous|original)\b"
)


def beyond(text: str) -> Iterator[tuple[str, str, int]]:
    """What stands beyond its bounds in a sentence: quantity, value as printed, offset."""
    for bound in BOUNDS:
        for match in bound.said.finditer(text):
            if re.match(r"\s(?:un)?explained", text[match.end("what") :]):
                continue  # it may be negative
            percent = bool(match["pc"])
            if bound.percent and not percent:
                continue
            number = printed(match["v"]) / (100 if percent else 1)
            if percent and bound.high == 1 and not bound.percent:
                continue
            if not bound.low <= number <= bound.high and abs(number) <= bound.most:
                yield match["what"], match["v"] + (match["pc"] or ""), match.start()
    for pattern in (_ASSIGNS, _PUTS):
        for match in pattern.finditer(text):
            number = printed(match["v"]) / (100 if match["pc"] else 1)
            if (1 < number <= 2 or number < 0) and ("." in match["v"] or match["pc"]):
                yield match["what"], match["v"] + (match["pc"] or ""), match.start()
    for match in _SHARE.finditer(text):
        if match["pc"] and printed(match["v"]) > 100 and not _MORE.search(text):
            yield f"a share of {match['what']}", match["v"] + match["pc"], match.start()
    for match in _BARE_SPREAD.finditer(text):
        yield match["what"], match["v"], match.start()
    for match in _SPREAD.finditer(text):
        yield "a spread", match["v"], match.start()
    for match in _COUNTED.finditer(text):
        yield f"a number of {match['what']}", match["v"], match.start()
