"""A result as compact text for a language model: short, numbers first, data kept apart.

Whatever a model under study has written, or could have chosen, stands between data bounds, and a
bound inside it is made harmless: to the reader it is something to judge, never an instruction.
"""

import json
import math
import re
from typing import Any

from ..spec import Control, Failure, Result

HARD_CAP = 1500
_CHARS_PER_TOKEN = 4
_BOUND = re.compile(r"<(?=\s*/?\s*target_text)", re.IGNORECASE)
# From generous to bare: items kept of each list, characters kept of each text.
_LEVELS = (
    (400, 2000),
    (120, 900),
    (60, 500),
    (32, 360),
    (20, 280),
    (14, 220),
    (10, 160),
    (7, 120),
    (5, 90),
    (4, 60),
    (3, 48),
    (2, 36),
    (1, 24),
    (0, 12),
)


def target_text(text: str) -> str:
    """Text of a model under study between data bounds that it can't close."""
    return f"<target_text>{harmless(text)}</target_text>"


def harmless(text: str) -> str:
    """`text` with every data bound in it made unreadable as one."""
    return _BOUND.sub("&lt;", text)


def result_for_llm(result: Result[Any], cap_tokens: int = 600) -> str:
    """A result for a language model.

    Args:
        result: What the tool returned.
        cap_tokens: Tokens (characters / 4) that the text should keep to. The data are cut first,
            each cut list with its total and the cursor where the rest begins; summary, control and
            warnings are cut only at the hard cap of 1,500 tokens.

    Returns:
        Summary, data, control, warnings, handles, cost: a line or a block each.
    """
    cap = min(cap_tokens, HARD_CAP) * _CHARS_PER_TOKEN
    head = _short(harmless(result.summary), 1200)
    tail = "\n".join(_after(result))
    raw = result.data.model_dump(mode="python")
    room = cap - len(head) - len(tail) - len("\ndata: \n") - len(target_text(""))
    body = ""
    for most, chars in _LEVELS:
        body = json.dumps(_cut(raw, most, chars), ensure_ascii=False, separators=(",", ":"))
        body = harmless(body)
        if len(body) <= room:
            break
    else:
        body = harmless(json.dumps({"cut": True, "fields": list(raw)[:12]}, ensure_ascii=False))
    shown = target_text(body) if _has_text(raw) else body
    text = f"{head}\ndata: {shown}\n{tail}"
    # Control and warnings too long even so: they are cut, and the data bounds stay closed.
    over = len(text) - HARD_CAP * _CHARS_PER_TOKEN
    return text if over <= 0 else text[: -len(tail)] + _short(tail, len(tail) - over)


def failure_for_llm(failure: Failure) -> str:
    """A failure for a language model: what is wrong, and a correct example."""
    return harmless(f"error {failure.code}: {failure.message}\nhint: {failure.hint}".strip())


def control_sentence(control: Control | None) -> str:
    """The control in one sentence: what, its figures, whether the result lies beyond it."""
    if control is None:
        return "Control: none was taken (this tool reads behaviour only)."
    if control.absent is not None:
        return f"No control: {control.absent.rstrip('.')}."
    figures = ", ".join(f"{name} {_figure(value)}" for name, value in control.numbers.items())
    text = f"Control: {control.what.rstrip('.')}" + (f" ({figures})." if figures else ".")
    if control.beyond is None:
        return text
    return text + (
        " The result lies beyond the control."
        if control.beyond
        else " The result lies within the control: no effect beyond it."
    )


def _after(result: Result[Any]) -> list[str]:
    lines = [_short(harmless(control_sentence(result.control)), 900)]
    lines += [f"warning: {_short(harmless(w), 400)}" for w in result.warnings[:6]]
    if len(result.warnings) > 6:
        lines.append(f"({len(result.warnings) - 6} more warnings)")
    if result.handles:
        lines.append("handles: " + ", ".join(h.name for h in result.handles[:12]))
    return lines


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4g}"


def _short(text: str, chars: int) -> str:
    return text if len(text) <= chars else text[: max(chars - 1, 0)] + "…"


def _has_text(node: Any) -> bool:
    """Whether any value is text, which the model under study may have chosen."""
    if isinstance(node, dict):
        return any(_has_text(v) or not str(k).isidentifier() for k, v in node.items())
    if isinstance(node, (list, tuple, set, frozenset)):
        return any(map(_has_text, node))
    return isinstance(node, str)


def _cut(node: Any, most: int, chars: int) -> Any:
    """`node` as plain JSON with lists of at most `most` items and texts of `chars` characters."""
    if isinstance(node, dict):
        items = list(node.items())
        # A mapping by word or by layer may be as long as a list; a record is not cut.
        keep = items if len(items) <= max(most, 16) else items[: max(most, 1)]
        out = {_short(str(k), 60): _cut(v, most, chars) for k, v in keep}
        if len(keep) < len(items):
            out["(cut)"] = {"total": len(items), "cursor": len(keep)}
        return out
    if isinstance(node, (list, tuple, set, frozenset)):
        return _cut_list(list(node), most, chars)
    if isinstance(node, bool) or node is None or isinstance(node, int):
        return node
    if isinstance(node, float):
        return float(f"{node:.4g}") if math.isfinite(node) else str(node)
    return _short(str(node), chars)


def _cut_list(items: list[Any], most: int, chars: int) -> Any:
    kept = [_cut(item, most, chars) for item in items[:most]]
    rest = {} if len(kept) == len(items) else {"total": len(items), "cursor": len(kept)}
    records = [k for k, item in zip(kept, items, strict=False) if isinstance(item, dict)]
    if len(records) >= 3 and len(records) == len(kept):
        columns = list(records[0])
        if all(list(r) == columns for r in records):
            # One head for all records saves half of the text.
            return {"columns": columns, "rows": [list(r.values()) for r in records], **rest}
    return {"first": kept, **rest} if rest else kept
