"""Small wrong versions of a solution: one change each, found on its syntax tree."""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

_BINARY: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.MatMult: ast.Mult,
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.Is: ast.IsNot,
}  # fmt: skip
_NAMES = {
    "sum": "mean", "mean": "sum", "max": "min", "min": "max", "argmax": "argmin",
    "argmin": "argmax", "exp": "abs", "log": "abs", "triu": "tril", "tril": "triu",
    "softmax": "sigmoid", "log_softmax": "softmax", "sin": "cos", "cos": "sin",
    "relu": "abs", "silu": "relu", "rsqrt": "sqrt", "sqrt": "abs", "zeros": "ones",
    "ones": "zeros", "amax": "amin", "amin": "amax", "cumsum": "abs",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A changed solution.

    Attributes:
        label: The line and what changed there; equivalents are named by it.
        source: The whole changed source.
    """

    label: str
    source: str


_Change = tuple[str, Callable[[Any], ast.AST]]  # each takes the kind of node it was made for


def mutants(source: str, function: str, most: int = 40) -> list[Mutant]:
    """Mutants of the named function or class, evenly spread over it when there are too many."""
    tree = ast.parse(source)
    target = _definition(tree, function)
    spots = [
        (path, label, change) for path, node in _nodes(target) for label, change in _changes(node)
    ]
    if len(spots) > most:
        spots = [spots[int(i * len(spots) / most)] for i in range(most)]
    found: dict[str, Mutant] = {}
    plain = ast.unparse(tree)
    taken: dict[str, int] = {}
    for path, label, change in spots:
        changed = copy.deepcopy(tree)
        _replace(_definition(changed, function), path, change)
        text = ast.unparse(ast.fix_missing_locations(changed))
        if text == plain or text in found:
            continue
        taken[label] = taken.get(label, 0) + 1
        name = label if taken[label] == 1 else f"{label} ({taken[label]})"
        found[text] = Mutant(name, text + "\n")
    return list(found.values())


_Path = tuple[tuple[str, int | None], ...]


def _definition(tree: ast.Module, name: str) -> ast.AST:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return node
    raise ValueError(f"the solution does not define {name}")


def _nodes(node: ast.AST, path: _Path = ()) -> Iterator[tuple[_Path, ast.AST]]:
    """Every node below a definition with its path; signatures, docstrings, annotations left out."""
    for field, value in ast.iter_fields(node):
        if field in ("args", "annotation", "returns", "decorator_list", "type_params") and (
            isinstance(node, ast.FunctionDef | ast.AnnAssign)
        ):
            continue
        items = value if isinstance(value, list) else [value]
        for index, item in enumerate(items):
            if not isinstance(item, ast.AST) or _is_docstring(item):
                continue
            step = (*path, (field, index if isinstance(value, list) else None))
            yield step, item
            yield from _nodes(item, step)


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _replace(root: ast.AST, path: _Path, change: Callable[[Any], ast.AST]) -> None:
    node = root
    for field, index in path[:-1]:
        value = getattr(node, field)
        node = value if index is None else value[index]
    field, index = path[-1]
    if index is None:
        setattr(node, field, change(getattr(node, field)))
    else:
        items = getattr(node, field)
        items[index] = change(items[index])


def _changes(node: ast.AST) -> Iterator[_Change]:
    """The changes that one node allows: (label, function on a copy of the node)."""
    at = f"{_short(node)}"
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        to = _BINARY[type(node.op)]
        yield f"{at}: operator to {to.__name__}", partial(_operator, to)
        if isinstance(node.op, ast.Sub | ast.Div | ast.MatMult):
            yield f"{at}: sides swapped", lambda n: _set(n, left=n.right, right=n.left)
        if isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div):
            yield f"{at}: only the left side", lambda n: n.left
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARE:
        cmp = _COMPARE[type(node.ops[0])]
        yield f"{at}: {cmp.__name__}", partial(_comparison, cmp)
    elif isinstance(node, ast.Constant):
        yield from _constant(node, at)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        if not isinstance(node.operand, ast.Constant):
            yield f"{at}: sign dropped", lambda n: n.operand
    elif isinstance(node, ast.Call):
        yield from _call(node, at)
    elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield f"{at}: not transposed", lambda n: n.value
    elif isinstance(node, ast.Slice):
        if node.lower is not None:
            yield f"{at}: from the start", lambda n: _set(n, lower=None)
        if node.upper is not None:
            yield f"{at}: to the end", lambda n: _set(n, upper=None)
    elif isinstance(node, ast.AugAssign | ast.Expr) or (
        isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
    ):
        yield f"{at}: left out", lambda n: ast.Pass()
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        yield (
            f"{at}: condition negated",
            lambda n: _set(n, test=ast.UnaryOp(ast.Not(), n.test)),
        )


def _constant(node: ast.Constant, at: str) -> Iterator[_Change]:
    value = node.value
    if isinstance(value, bool):
        yield f"{at} to {not value}", lambda n: _set(n, value=not n.value)
    elif isinstance(value, int):
        yield f"{at} to {value + 1}", lambda n: _set(n, value=n.value + 1)
        if value > 0:
            yield f"{at} to {value - 1}", lambda n: _set(n, value=n.value - 1)
    elif isinstance(value, float) and value:
        yield f"{at} to {value * 2}", lambda n: _set(n, value=n.value * 2)


def _call(node: ast.Call, at: str) -> Iterator[_Change]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in _NAMES:
        yield f"{at}: {_NAMES[name]} for {name}", lambda n: _renamed(n, _NAMES[name])
    if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value):
        yield f"{at}: without {name}", lambda n: n.func.value
    elif node.args and not isinstance(node.args[0], ast.Starred):
        yield f"{at}: without {name}", lambda n: n.args[0]
    if len(node.args) >= 2:
        yield (
            f"{at}: arguments swapped",
            lambda n: _set(n, args=[n.args[1], n.args[0], *n.args[2:]]),
        )
    for index, keyword in enumerate(node.keywords):
        if keyword.arg:
            yield (
                f"{at}: without {keyword.arg}",
                partial(_without_keyword, index),
            )


def _is_module(node: ast.AST) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in {"torch", "math", "F", "einops", "nn", "np"}


def _operator(to: type[ast.operator], node: ast.BinOp) -> ast.AST:
    return _set(node, op=to())


def _comparison(to: type[ast.cmpop], node: ast.Compare) -> ast.AST:
    return _set(node, ops=[to(), *node.ops[1:]])


def _without_keyword(index: int, node: ast.Call) -> ast.AST:
    return _set(node, keywords=node.keywords[:index] + node.keywords[index + 1 :])


def _renamed(node: ast.Call, name: str) -> ast.AST:
    function = node.func
    if isinstance(function, ast.Attribute):
        function.attr = name
    elif isinstance(function, ast.Name):
        function.id = name
    return node


def _set(node: Any, **values: object) -> ast.AST:
    for field, value in values.items():
        setattr(node, field, value)
    changed: ast.AST = node
    return changed


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else text[:57] + "..."
