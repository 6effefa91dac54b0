"""The values of p that a printed statistic allows."""

import re
from collections.abc import Mapping

from .distributions import p_chi2, p_f, p_normal, p_r, p_t
from .values import RAISED

# An adjusted p is the statistic's own p or more; beyond this many tests nobody goes.
MOST_TESTS = 500.0
ADJUSTED = re.compile(
    r"(?<!un)(?<!continuity-)(?:adjusted|corrected)|Bonferroni|Holm|FDR|Benjamini", re.I
)
# These do not follow from the statistic.
UNKNOWN = re.compile(r"permut|bootstrap|exact|Fisher|Welch", re.I)
Groups = Mapping[str, str | None]


def p_said(text: str) -> float:
    """A printed p as a number, powers of ten included."""
    text = text.translate(RAISED).replace("−", "-").replace("–", "-")
    return float(re.sub(r"\s?[×x·]\s?10\s?\^?\s?", "e", text).replace("e- ", "e-"))


def last_digit(text: str) -> float:
    """One unit of the last printed digit: .01 in `.05`, 1e-7 in `4.4 × 10⁻⁶`."""
    mantissa = re.match(r"\d*\.(\d+)", text)
    places = len(mantissa[1]) if mantissa else 0
    power = re.search(r"(?:10\s?\^?|e)\s?([-+]?\s?\d+)$", text.translate(RAISED).replace("−", "-"))
    return float(10.0 ** (int(power[1].replace(" ", "")) - places if power else -places))


def p_range(
    found: Groups, *, one_sided: bool, adjusted: bool, one_df: bool, most: float = MOST_TESTS
) -> tuple[float, float] | None:
    """Smallest and largest p that the printed statistic allows, rounding included.

    Args:
        found: Name, value and degrees of freedom; t and χ² without these still bound p.
        one_sided: Half of the two-sided p may be meant.
        adjusted: For several tests: the statistic's own p is the least that it may be.
        one_df: A χ² without degrees of freedom has one, as McNemar's.
        most: How many tests an adjustment can be for.
    """
    text = (found["value"] or "").replace("−", "-").replace("–", "-")
    value = abs(float(text))
    digits = len(text.split(".")[1]) if "." in text else 0
    half = 0.5 * 10.0**-digits
    ends = [_p(found, x, one_df) for x in (max(value - half, 0.0), value + half)]
    if any(end is None for end in ends):
        return None
    low = min(end[0] for end in ends if end)
    high = max(end[1] for end in ends if end)
    low = low / 2 if one_sided else low
    return low, min(high * most, 1.0) if adjusted else high


def _p(found: Groups, x: float, one_df: bool) -> tuple[float, float] | None:
    name = found["name"]
    if name in ("z", "Z"):
        return (p_normal(x),) * 2
    said = found.get("df") or found.get("dfw")
    if said is None and name in ("r", "ρ", "rho") and found.get("n"):
        said = str(int(found["n"] or 0) - 2)
    if said is None:
        if name == "t":
            return p_normal(x), p_t(x, 1)
        if name in ("F", "r", "ρ", "rho"):
            return None
        least = p_chi2(x, 1)
        return least, least if one_df else 1.0
    df = float(said.replace(",", ""))
    if df <= 0:
        return None
    if name == "F":
        second = re.fullmatch(r"\d*\.?\d+", found.get("df2") or "")
        return (p_f(x, df, float(second[0])),) * 2 if second and float(second[0]) > 0 else None
    if name == "t":
        return (p_t(x, df),) * 2
    if name in ("r", "ρ", "rho"):
        return (p_r(min(x, 0.999999), df),) * 2
    return (p_chi2(x, df),) * 2
