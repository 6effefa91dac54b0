"""Builders of prompt pairs for four tasks on which circuits are known."""

from collections.abc import Callable, Iterator

import torch

from ...model import Model
from ...spec import Refusal
from ..pair import Pair, make_pair

_CAPITALS = {
    "France": "Paris", "Italy": "Rome", "Spain": "Madrid", "Germany": "Berlin", "Japan": "Tokyo",
    "Russia": "Moscow", "China": "Beijing", "Greece": "Athens", "Egypt": "Cairo",
    "England": "London", "Austria": "Vienna", "Poland": "Warsaw",
}  # fmt: skip
_NAMES = ("Mary", "John", "Tom", "James", "Anna", "David", "Sarah", "Peter", "Alice", "Paul")
_NOUNS = (("key", "keys"), ("book", "books"), ("door", "doors"), ("car", "cars"), ("cat", "cats"),
          ("picture", "pictures"), ("road", "roads"), ("song", "songs"))  # fmt: skip
_NEAR = ("cabinets", "table", "garden", "boxes")
_HALF = 8  # random tokens before they repeat
Texts = tuple[str, str, str, str]


def _capitals() -> Iterator[Texts]:
    names = list(_CAPITALS)
    for i, one in enumerate(names):
        two = names[(i + 1) % len(names)]
        text = "Unlike {}, the country of {} has its capital in"
        yield (
            text.format(two, one),
            text.format(one, two),
            f" {_CAPITALS[one]}",
            f" {_CAPITALS[two]}",
        )


def _indirect_objects() -> Iterator[Texts]:
    for i, one in enumerate(_NAMES):
        two = _NAMES[(i + 1) % len(_NAMES)]
        text = f"When {one} and {two} went to the store, {{}} gave a drink to"
        yield text.format(two), text.format(one), f" {one}", f" {two}"


def _agreement() -> Iterator[Texts]:
    for near in _NEAR:
        for one, many in _NOUNS:
            yield f"The {one} near the {near}", f"The {many} near the {near}", " is", " are"


_TEXTS: dict[str, Callable[[], Iterator[Texts]]] = {
    "capitals": _capitals,
    "indirect_objects": _indirect_objects,
    "agreement": _agreement,
}
BUILDERS = (*_TEXTS, "repeated")


def build(model: Model, name: str, count: int, generator: torch.Generator) -> list[Pair]:
    """Pairs of one length: the most common length among what the builder makes.

    Args:
        model: Whose tokens are counted.
        name: One of `BUILDERS`.
        count: Most pairs.
        generator: Source of the order, and of random tokens.

    Raises:
        Refusal: `bad_args` for an unknown name; `model_limit`, if this tokenizer makes no pair of
            equal lengths.
    """
    if name == "repeated":
        return [_repeated(model, generator) for _ in range(count)]
    if name not in _TEXTS:
        raise Refusal("bad_args", f"no builder {name!r}", f"one of {', '.join(BUILDERS)}")
    made = []
    for clean, corrupted, answer, wrong in _TEXTS[name]():
        try:
            made.append(make_pair(model, clean, corrupted, answer, wrong, chat=False)[0])
        except Refusal:  # names that this tokenizer splits into unequal parts
            continue
    if not made:
        raise Refusal(
            "model_limit",
            f"this tokenizer splits every pair of {name} unequally",
            "give your own prompts of equal length",
        )
    lengths = [len(pair.clean) for pair in made]
    usual = max(lengths, key=lambda n: (lengths.count(n), -n))
    alike = [pair for pair in made if len(pair.clean) == usual]
    order = torch.randperm(len(alike), generator=generator)[:count]
    return [alike[int(i)] for i in order]


def _repeated(model: Model, generator: torch.Generator) -> Pair:
    """Random tokens twice, cut where one must be copied; corrupted: another one was there."""
    special = set(model.tokenizer.all_special_ids)
    top = min(len(model.tokenizer), model.d_vocab)
    order = torch.randperm(top, generator=generator).tolist()
    drawn = [i for i in order if i not in special][: _HALF + 1]
    if len(drawn) <= _HALF:
        raise Refusal("model_limit", "the vocabulary is too small", "use another builder")
    other, once = drawn[-1], drawn[:-1]
    cut = _HALF // 2
    start = [] if model.bos_id is None else [model.bos_id]
    changed = [*once[:cut], other, *once[cut + 1 :]]
    tail = once[:cut]
    return Pair(start + once + tail, start + changed + tail, once[cut], other)
