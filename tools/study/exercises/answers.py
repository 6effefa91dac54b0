"""Reads a written answer as numbers: 3/4, sqrt(2), [1, 2; 3, 4], (0.5, -1), 1e-3, 25%."""

import ast
import math
import re
from collections.abc import Callable

_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sqrt": math.sqrt, "exp": math.exp, "ln": math.log, "log": math.log, "log2": math.log2,
    "log10": math.log10, "sin": math.sin, "cos": math.cos, "abs": abs,
}  # fmt: skip
_NAMES = {"pi": math.pi, "e": math.e, "inf": math.inf}
_LONGEST = 400

Numbers = float | list["Numbers"]


class NotANumber(Exception):
    """An answer cannot be read; the message says what was expected."""


def numbers(text: str) -> Numbers:
    """The value of a written answer.

    Raises:
        NotANumber: With an example of what can be read.
    """
    plain = text.strip().replace("−", "-").replace("×", "*").replace("·", "*").replace("π", "pi")
    plain = re.sub(r"(?<=[\d)])\s*%", "/100", plain).replace("^", "**")
    plain = re.sub(r"√\(?([\w.]+)\)?", r"sqrt(\1)", plain)
    if ";" in plain:
        rows = plain.strip("[]() ").split(";")
        plain = "[" + ",".join(f"[{row.strip('[]() ')}]" for row in rows) + "]"
    if not plain or len(plain) > _LONGEST:
        raise NotANumber("no answer was given; write a number such as 3/4, or a vector [1, 2]")
    try:
        return _value(ast.parse(plain, mode="eval").body)
    except (SyntaxError, ValueError, OverflowError, ZeroDivisionError, RecursionError, TypeError):
        raise NotANumber(
            f"{text.strip()!r} cannot be read as a number; write 3/4, sqrt(2), [1, 2] or "
            "[[1, 2], [3, 4]]"
        ) from None


def _value(node: ast.expr) -> Numbers:
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(item) for item in node.elts]
    return _scalar(node)


def _scalar(node: ast.expr) -> float:
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
    ):
        return float(node.value)
    if isinstance(node, ast.Name) and node.id in _NAMES:
        return _NAMES[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _scalar(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        left, right = _scalar(node.left), _scalar(node.right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.Div):
            return left / right
        if isinstance(node.op, ast.Pow):
            return float(left**right)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _FUNCTIONS
        and len(node.args) == 1
    ):
        return float(_FUNCTIONS[node.func.id](_scalar(node.args[0])))
    raise ValueError("not arithmetic")


def equal(a: Numbers, b: Numbers, tolerance: float) -> bool:
    """Whether two answers agree: same shape, each number within the relative tolerance."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(equal(x, y, tolerance) for x, y in zip(a, b, strict=True))
    if isinstance(a, list) or isinstance(b, list):
        return False
    return math.isclose(a, b, rel_tol=max(tolerance, 1e-9), abs_tol=max(tolerance, 1e-9) * 1e-3)


def right(text: str, answer: str, tolerance: float) -> bool:
    """Whether a written answer equals the right one; unreadable text is not right."""
    try:
        return equal(numbers(text), numbers(answer), tolerance)
    except NotANumber:
        return False
