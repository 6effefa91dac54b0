"""Numbers in running text: value, printed precision, unit."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Unit = Literal["percent", "points", "plain"]
_NUMBER = re.compile(
    r"(?<![\w.,])(?<![A-Za-z][-–])(?P<sign>[-−–+±](?=[\d.]))?"
    r"(?P<whole>\d{1,3}(?:[,\u202f]\d{3})+(?!\d)|\d+)?(?P<part>\.\d+)?"
    r"(?:\s?[×x·*]\s?10\s?\^?\s?(?P<power>[-−–]?\d+|⁻?[⁰¹²³⁴-⁹]+)|[eE](?P<exponent>[-−+]?\d+))?"
    r"(?P<unit>\s?%|\s?percent(?:age points)?\b|\s?(?:pp|pts?|points?)\b|-(?:percentage-)?point\b)?"
    r"(?![\w]|\.\d|,\d{3}(?!\d)|-(?!(?:nat|bit|logit)\b)[A-Za-z\d])"
)
# Words before a number that make it a name or a place, not a quantity.
_NAME = re.compile(
    r"(?:\b(?:Tables?|Tabs?\.|Figures?|Figs?\.|Sections?|Secs?\.|Eqs?\.|Equations?|Appendix|"
    r"Chapter|Step|Layers?|Heads?|Blocks?|Neurons?|Latents?|Features?|Positions?|Seeds?|Version|"
    r"Page|Experiments?|Run|Stage|Phase|Algorithm|Theorem|Lemma|Example|Item|Row|Column|Level)"
    r"|[§#@^_/])\s*$",
    re.IGNORECASE,
)
_RANGE = re.compile(r" (?:to|through) |[–-]")
_MARK = re.compile(r"\[(?:cite|ref):[^\]]*\]|\[\d[\d,;\s–-]*\]|https?://\S+|\b\d{4}-\d{2}-\d{2}\b")

RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


@dataclass(frozen=True)
class Number:
    """A number as printed.

    Attributes:
        value: Its value; per cent are not divided by a hundred.
        decimals: Digits printed after the point (negative powers of ten for exponents).
        unit: Per cent, percentage points, or none.
        start: Offset of its first character.
        end: Offset behind it, unit included.
        text: As printed.
    """

    value: float
    decimals: int
    unit: Unit
    start: int
    end: int
    text: str

    @property
    def half(self) -> float:
        """Half a unit of the last printed digit."""
        return 0.5 * 10.0**-self.decimals

    def agrees(self, value: float) -> bool:
        """Whether a value rounds (or is cut) to what is printed."""
        return abs(self.value - value) < 2 * self.half * (1 - 1e-9)

    def rounds(self, value: float) -> bool:
        """Whether a value rounds to what is printed."""
        return abs(self.value - value) <= self.half * (1 + 1e-6) + 1e-12


def printed(text: str) -> float:
    """A printed value as a number, whatever its minus sign, separators of thousands left out."""
    return float(text.replace("−", "-").replace("–", "-").replace(",", ""))


def numbers(text: str, *, names: bool = False) -> list[Number]:
    """The quantities of a text, in order.

    Numbers that name something (`Table 2`, `layer 12`, `GPT-2`, years, citation marks) are left
    out unless `names` is set.
    """
    return list(_numbers(text, names))


# Several rules read the same sentence.
@lru_cache(maxsize=4096)
def _numbers(text: str, names: bool) -> tuple[Number, ...]:
    masked = _MARK.sub(lambda m: " " * len(m[0]), text)
    found = []
    named = -1
    for match in _NUMBER.finditer(masked):
        if match["whole"] is None and match["part"] is None:
            continue
        number = _number(match)
        if number is None:
            continue
        before = masked[: match.start()]
        if not names and (_NAME.search(before[-24:]) or _is_year(number, masked)):
            named = match.end() if _NAME.search(before[-24:]) else -1
            continue
        if not names and named >= 0 and _RANGE.fullmatch(masked[named : match.start()]):
            named = match.end()
            continue  # the 7 of 'layers 4 to 7'
        named = -1
        found.append(number)
    return tuple(found)


def single(text: str) -> Number | None:
    """The one number of a table cell: `81.2`, `81.2%`, `81.2 ± 0.4`, `81.2 (0.4)`, `39/48 = 81.2`; else None."""
    text = re.sub(r"^[\s*]*\d+\s*/\s*\d+\s*=\s*", "", text)
    found = numbers(text, names=True)
    if not found or re.search(r"[^\W\d_]{3,}", re.sub(r"percent|points?", "", text)):
        return None
    first = found[0]
    rest = text[first.end :].strip()
    lead = text[: first.start].strip(" *†‡~≈<>")
    if lead or (rest and not re.match(r"^[*†‡]*\s*(?:±|\(|\[|$)", rest)):
        return None
    return first


def _number(match: re.Match[str]) -> Number | None:
    whole = re.sub(r"[,\u202f]", "", match["whole"] or "0")
    part = match["part"] or ""
    power = match["power"] or match["exponent"] or "0"
    power = power.translate(RAISED).replace("−", "-").replace("–", "-")
    try:
        exponent = int(power)
        if abs(exponent) > 300 or len(whole) > 300:
            return None
        value = float(whole + part) * 10.0**exponent
    except (ValueError, OverflowError):
        return None
    if match["sign"] in ("-", "−"):
        value = -value
    unit_text = (match["unit"] or "").strip()
    unit: Unit = "plain"
    if unit_text in ("%", "percent"):
        unit = "percent"
    elif unit_text:
        unit = "points"
    decimals = max(len(part) - 1, 0) - exponent
    return Number(value, decimals, unit, match.start(), match.end(), match[0].strip())


def _is_year(number: Number, text: str) -> bool:
    if number.decimals or number.unit != "plain" or not 1950 <= number.value <= 2099:
        return False
    around = text[max(number.start - 12, 0) : number.start].lower()
    after = text[number.end : number.end + 14]
    return "," not in number.text and not re.match(
        r"\s+(?:prompt|example|sample|pair|token|item|sentence|case|latent|feature|neuron|step|"
        r"word|question|document|quer|trial|image|participant)", after
    ) and not re.search(r"[nN]\s*=\s*$", around)  # fmt: skip
