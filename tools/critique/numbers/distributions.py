"""Tail probabilities of z, t, F, χ² and r, in plain Python: the light core carries no scipy."""

import math

_TINY = 1e-300


def p_normal(z: float) -> float:
    """Two-sided p of a standard normal."""
    return math.erfc(abs(z) / math.sqrt(2))


def p_t(t: float, df: float) -> float:
    """Two-sided p of Student's t."""
    return _beta(df / 2, 0.5, df / (df + t * t))


def p_f(f: float, df1: float, df2: float) -> float:
    """Upper p of F."""
    return _beta(df2 / 2, df1 / 2, df2 / (df2 + df1 * f)) if f > 0 else 1.0


def p_chi2(x: float, df: float) -> float:
    """Upper p of χ²."""
    return _gamma_upper(df / 2, x / 2) if x > 0 else 1.0


def p_r(r: float, df: float) -> float:
    """Two-sided p of a correlation with df = n - 2."""
    if abs(r) >= 1:
        return 0.0
    return p_t(r * math.sqrt(df / (1 - r * r)), df)


def _beta(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function, by its continued fraction (Lentz)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(b, a, 1 - x)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    total = d
    for m in range(1, 400):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away(1 + step * d)
            c = _away(1 + step / c)
            total *= c * d
        if abs(c * d - 1) < 1e-12:
            break
    return front * total / a


def _gamma_upper(a: float, x: float) -> float:
    """Regularised upper incomplete gamma function: series below a + 1, fraction above."""
    front = math.exp(-x + a * math.log(x) - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        for n in range(1, 2000):
            term *= x / (a + n)
            total += term
            if term < total * 1e-14:
                break
        return 1 - front * total
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / b
    total = d
    for n in range(1, 2000):
        step = -n * (n - a)
        b += 2
        d = 1 / _away(step * d + b)
        c = _away(b + step / c)
        total *= c * d
        if abs(c * d - 1) < 1e-13:
            break
    return front * total


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
