"""Errors of arithmetic: a number that other numbers of the same document contradict."""

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

Given = dict[str, Any]


def table_text(rng: random.Random, old: str, given: Given) -> str:
    """The text says another number than the table."""
    return _moved(rng, old, lambda new: new not in given["row"])


def two_values(rng: random.Random, old: str, given: Given) -> str:
    """The same quantity has two values."""
    return _moved(rng, old, lambda new: new not in given["again"])


def total(rng: random.Random, old: str, given: Given) -> str:
    """A total is not the sum of its parts."""
    right = sum(Decimal(str(part)) for part in given["parts"])
    return _moved(rng, old, lambda new: _value(new) != right)


def difference(rng: random.Random, old: str, given: Given) -> str:
    """A difference is not that of its two numbers."""
    right = abs(Decimal(str(given["of"][0])) - Decimal(str(given["of"][1])))
    return _moved(rng, old, lambda new: _value(new) != right)


def percentage(rng: random.Random, old: str, given: Given) -> str:
    """A percentage does not follow from its count."""
    right = Decimal(100 * given["count"]) / Decimal(given["of"])
    return _moved(
        rng, old, lambda new: abs(_value(new) - right) > Decimal("1.5") and _value(new) <= 100
    )


def p_value(rng: random.Random, old: str, given: Given) -> str:
    """A p-value does not belong to its statistic: on the other side of 0.05, and far from it."""
    del given
    significant = old.startswith(("<", "&lt;")) or _value(old) < Decimal("0.05")
    new = rng.choice(["0.21", "0.34", "0.17"] if significant else ["0.004", "0.012", "0.021"])
    return f"= {new}" if old.startswith(("<", "&lt;")) else new


def interval(rng: random.Random, old: str, given: Given) -> str:
    """An estimate lies outside of its own interval."""
    low, high = (Decimal(str(bound)) for bound in given["between"])
    step = Decimal(1).scaleb(int(_value(old).as_tuple().exponent))
    gap = max(step * rng.randint(2, 6), (high - low) * Decimal("0.3"))
    new = high + gap if rng.random() < 0.5 else low - gap
    return str(new.quantize(step))


def impossible(rng: random.Random, old: str, given: Given) -> str:
    """A value that the quantity cannot take."""
    del old
    values = {
        "percent": ["104", "108.5", "112.0", "103.2"],
        "p": ["1.3", "1.12", "2.1"],
        "correlation": ["1.18", "1.3", "-1.24"],
        "fraction": ["1.07", "1.12"],
        "spread": ["-0.02", "-0.04"],
    }
    return rng.choice(values[given["as"]])


def _value(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("{", "").replace("}", ""))


def _moved(rng: random.Random, old: str, wrong: Callable[[str], bool]) -> str:
    """A number of the same form, 6 to 30% away, that is wrong."""
    right = _value(old)
    step = Decimal(1).scaleb(int(right.as_tuple().exponent))
    for _ in range(200):
        share = Decimal(rng.randint(6, 30)) / 100 * rng.choice([-1, 1])
        change = (right * share).quantize(step)
        if not change:
            change = step * rng.choice([2, 3, -2])
        new = right + change
        shown = f"{new:,}" if "," in old else str(new)
        shown = shown.replace(",", "{,}") if "{,}" in old else shown
        if new > 0 and wrong(shown):
            return shown
    raise ValueError(f"no wrong number near {old}")


MAKERS: dict[str, Callable[[random.Random, str, Given], str]] = {
    "table-text": table_text,
    "two-values": two_values,
    "total": total,
    "difference": difference,
    "percentage": percentage,
    "p-value": p_value,
    "interval": interval,
    "impossible": impossible,
}
