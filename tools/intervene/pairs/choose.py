"""Prompt pairs as a tool's arguments name them: a builder, a file, or two prompts."""

import json
from pathlib import Path
from typing import Any

import torch

from ...spec import Refusal
from ...workbench import Workbench
from ..pair import Pair, make_pair
from .builders import BUILDERS, build

_FIELDS = ("clean", "corrupted", "answer", "wrong")
_LINE = '{"clean": "…", "corrupted": "…", "answer": " Paris", "wrong": " Rome"}'


def choose_pairs(
    bench: Workbench, pairs: str, count: int, *, chat: bool, generator: torch.Generator
) -> tuple[list[Pair], list[str]]:
    """The pairs that `pairs` names, all of one length, and warnings.

    Args:
        bench: Whose target's tokens are counted.
        pairs: Name of a builder, or path of a JSONL file with clean, corrupted, answer, wrong.
        count: Most pairs.
        chat: Wrap prompts of a file in the chat template.
        generator: Source of the builder's draws.

    Raises:
        Refusal: `bad_args` or `no_access`, each naming the line.
    """
    if pairs in BUILDERS:
        return build(bench.target, pairs, count, generator), []
    if not pairs.endswith(".jsonl"):
        raise Refusal(
            "bad_args", f"no builder {pairs!r}", f"one of {', '.join(BUILDERS)}, or a .jsonl file"
        )
    made, warnings = [], []
    for number, line in _lines(bench.readable(Path(pairs))):
        try:
            pair, found = make_pair(bench.target, *(line[f] for f in _FIELDS), chat=chat)
        except Refusal as refused:
            why = refused.failure
            raise Refusal(why.code, f"line {number}: {why.message}", why.hint) from None
        made.append(pair)
        warnings += [w for w in found if w not in warnings]
    if not made:
        raise Refusal("bad_args", "the file holds no pair", f"a line is {_LINE}")
    alike = [pair for pair in made if len(pair.clean) == len(made[0].clean)]
    if len(alike) < len(made):
        warnings.append(
            f"{len(made) - len(alike)} pairs were left out: their length is not the first pair's."
        )
    if len(alike) > count:
        warnings.append(f"The first {count} of {len(alike)} pairs were used.")
    return alike[:count], warnings


def _lines(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """Numbered lines. Messages name a line and never repeat it: the file may be any file."""
    found = []
    for number, text in enumerate(path.read_text(errors="replace").splitlines(), 1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
        except ValueError:
            line = None
        if not isinstance(line, dict) or any(not isinstance(line.get(f), str) for f in _FIELDS):
            raise Refusal("bad_args", f"line {number} is no pair", f"a line is {_LINE}")
        found.append((number, line))
    return found
