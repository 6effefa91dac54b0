"""A draft's own commands, written out: `\\newcommand{\\ci}[2]{CI [#1, #2]}`."""

import re
from collections.abc import Sequence

from .tex_plain import group

_DEFINED = re.compile(
    r"\\(?:re)?newcommand\*?\s*\{?\\(?P<name>[A-Za-z]+)\}?\s*(?:\[(?P<count>\d)\])?(?=\{)|\\def\\(?P<plain>[A-Za-z]+)(?=\{)"
)
_DEEPEST = 3  # commands inside of commands


def expanded(lines: Sequence[str]) -> list[str]:
    """The lines with the draft's own short commands replaced by what they stand for."""
    macros: dict[str, tuple[int, str]] = {}
    for line in lines:
        for match in _DEFINED.finditer(line):
            if body := group(line, match.end()):
                macros[match["name"] or match["plain"]] = (int(match["count"] or 0), body[0])
    macros = {name: found for name, found in macros.items() if _simple(*found)}
    if not macros:
        return list(lines)
    names = "|".join(sorted(map(re.escape, macros), key=len, reverse=True))
    used = re.compile(rf"\\({names})(?![A-Za-z@])(\{{\}})?")
    found = list(lines)
    for _ in range(_DEEPEST):
        found = [line if _DEFINED.search(line) else _line(line, used, macros) for line in found]
    return found


def _simple(count: int, body: str) -> bool:
    """Whether a command stands for words and numbers: no counters, no branches."""
    other = re.search(
        r"\\(?:if|else|fi|def|let|expandafter|the|csname|begin|end|cite|ref|label)", body
    )
    return len(body) < 200 and not other and len(re.findall(r"#\d", body)) >= count


def _line(line: str, used: re.Pattern[str], macros: dict[str, tuple[int, str]]) -> str:
    parts: list[str] = []
    at = 0
    while match := used.search(line, at):
        count, body = macros[match[1]]
        end, values = match.end(1) if count else match.end(), []
        for _ in range(count):
            inside = group(line, end)
            if inside is None:
                break
            values.append(inside[0])
            end = inside[1]
        if len(values) < count:
            parts.append(line[at : match.end()])
            at = match.end()
            continue
        for number, value in enumerate(values, start=1):
            body = body.replace(f"#{number}", value)
        parts += [line[at : match.start()], body if count else f"{{{body}}}"]
        at = end
    return "".join([*parts, line[at:]])
