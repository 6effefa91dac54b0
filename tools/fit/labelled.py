"""Labelled texts as a user gives them: checked, sorted into topics, with what leaks the label."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ..spec import Refusal
from .held_out import MOST_GROUPS, auroc
from .truth_statements import Labelled

_FOLDS = 4
_LEAK = 0.65  # AUROC of the length alone from which a reader must know of it
MOST_TEXTS = 5000


@dataclass(frozen=True)
class Material:
    """Texts with labels and groups that are held out together.

    Attributes:
        texts: The texts.
        labels: 0 or 1.
        topics: Topic of each text.
        groups: Group of each text; a topic is never split, unless there are no topics.
        names: Name of each group.
        by_topic: False where there were no topics to split by.
    """

    texts: list[str]
    labels: Float[Tensor, "text"]
    topics: list[str]
    groups: Int[Tensor, "text"]
    names: list[str]
    by_topic: bool


def read_labelled(path: Path) -> list[Labelled]:
    """JSON lines with `text`, `label` (0 or 1) and perhaps `topic`.

    Raises:
        Refusal: `bad_args`, with the line that is wrong.
    """
    form = 'one JSON object a line: {"text": "…", "label": 1, "topic": "…"}'
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal("bad_args", f"{path.name} is not readable text: {error}", form) from None
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            text, label, topic = row["text"], row["label"], row.get("topic", "")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Refusal(
                "bad_args", f"{path.name} line {number} is not of the form", form
            ) from None
        if not isinstance(text, str) or label not in (0, 1) or not isinstance(topic, str):
            raise Refusal("bad_args", f"{path.name} line {number}: label must be 0 or 1", form)
        found.append(Labelled(text, int(label), topic))
    return found


def sort_out(items: list[Labelled]) -> tuple[Material, list[str]]:
    """Check the texts and put them into groups; the second value warns about them.

    Raises:
        Refusal: `bad_args` for no texts, one class only, an empty text, a text on both sides, too
            few texts; `model_limit` for too many.
    """
    example = "give at least 8 texts of each class"
    if not items:
        raise Refusal("bad_args", "there are no texts", example)
    if len(items) > MOST_TEXTS:
        raise Refusal("model_limit", f"{len(items)} texts, at most {MOST_TEXTS}", "take a sample")
    if any(not item.text.strip() for item in items):
        raise Refusal("bad_args", "a text is empty", "leave it out")
    ones = sum(item.label for item in items)
    if ones in (0, len(items)):
        raise Refusal("bad_args", f"all {len(items)} texts are of one class", example)
    if min(ones, len(items) - ones) < 8:
        raise Refusal("bad_args", f"{ones} texts of label 1, {len(items) - ones} of 0", example)
    sides: dict[str, set[int]] = {}
    for item in items:
        sides.setdefault(item.text, set()).add(item.label)
    both = [text for text, labels in sides.items() if len(labels) > 1]
    if both:
        raise Refusal("bad_args", f"{both[0][:60]!r} stands in both classes", "leave it out of one")
    warnings = []
    if len(sides) < len(items):
        warnings.append(f"{len(items) - len(sides)} texts occur twice; each counts once.")
        items = list({item.text: item for item in items}.values())
    labels = torch.tensor([float(item.label) for item in items])
    topics = [item.topic for item in items]
    groups, names, told = _groups(items, labels)
    return Material([i.text for i in items], labels, topics, groups, names, not told), [
        *warnings,
        *told,
    ]


def length_leak(lengths: list[int], labels: Float[Tensor, "text"]) -> tuple[float, list[str]]:
    """AUROC of the length in tokens alone, and a warning where it tells the classes apart."""
    value = float(auroc(torch.tensor(lengths).float()[:, None], labels[:, None]))
    value = max(value, 1 - value)
    if value < _LEAK:
        return value, []
    return value, [
        f"Length alone separates the classes (AUROC {value:.2f}): the probe may read length."
    ]


def _groups(
    items: list[Labelled], labels: Float[Tensor, "text"]
) -> tuple[Int[Tensor, "text"], list[str], list[str]]:
    names = sorted({item.topic for item in items})
    whole = [
        name for name in names if len({item.label for item in items if item.topic == name}) == 2
    ]
    if len(names) >= 3 and len(whole) == len(names):
        of = {name: i % MOST_GROUPS for i, name in enumerate(names)}
        joined = [" + ".join(n for n in names if of[n] == i) for i in range(min(len(names), 6))]
        return torch.tensor([of[item.topic] for item in items]), joined, []
    groups = torch.empty(len(items), dtype=torch.long)
    for label in (0.0, 1.0):
        at = (labels == label).nonzero()[:, 0]
        groups[at] = torch.arange(len(at)) % _FOLDS
    if len(names) > 1 and len(whole) < len(names):
        lone = next(name for name in names if name not in whole)
        why = f"topic {lone!r} has one class only"
    else:
        why = f"there {'is 1 topic' if len(names) == 1 else f'are {len(names)} topics'}, 3 needed"
    said = f"Split by text, not by topic ({why}): what holds within a topic may not hold beyond."
    return groups, [f"fold {i + 1}" for i in range(_FOLDS)], [said]
