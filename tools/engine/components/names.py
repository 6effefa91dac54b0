"""Names of a model's parts: L5H3 (head), L5N120 (neuron), L5.mlp, L5.attention, L5 (layer)."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from ...model import Model
from ...spec import Refusal
from ..recording import down_map

Kind = Literal["head", "neuron", "mlp", "attention", "layer"]
EXAMPLES = "L5H3 (head), L5N120 (neuron), L5.mlp, L5.attention, L5 (layer)"
_NAME = re.compile(
    r"L(?P<layer>\d+)[. ]?(?:(?P<part>H|N|head |neuron )(?P<index>\d+)"
    r"|(?P<block>mlp|attention|attn))?",
    re.IGNORECASE,
)
_PARTS: dict[str, Kind] = {"h": "head", "n": "neuron", "m": "mlp", "a": "attention"}


@dataclass(frozen=True, order=True)
class Component:
    """One part of a model.

    Attributes:
        layer: Its layer.
        kind: What it is.
        index: Which head or neuron of the layer; 0 for the others.
    """

    layer: int
    kind: Kind
    index: int = 0

    def __str__(self) -> str:
        """The name that `component` reads."""
        if self.kind in ("head", "neuron"):
            return f"L{self.layer}{self.kind[0].upper()}{self.index}"
        return f"L{self.layer}" + ("" if self.kind == "layer" else f".{self.kind}")


def component(model: Model, name: str) -> Component:
    """The part that a name stands for.

    Raises:
        Refusal: `bad_args`, if the name says nothing or the model has no such part.
    """
    match = _NAME.fullmatch(name.strip())
    if match is None:
        raise Refusal("bad_args", f"{name!r} names no part of a model", EXAMPLES)
    layer = int(match["layer"])
    check_number(layer, model.n_layers, "layer")
    word = (match["part"] or match["block"] or "").lower()
    if not word:
        return Component(layer, "layer")
    kind = _PARTS[word[0]]
    index = int(match["index"] or 0)
    if kind in ("head", "neuron"):
        check_number(index, count(model, kind, layer), kind)
    return Component(layer, kind, index)


def count(model: Model, kind: Kind, layer: int) -> int:
    """How many parts of a kind a layer has."""
    if kind == "head":
        return model.n_heads
    if kind == "neuron":
        module: Any = down_map(model, model.adapter.layers[layer])
        return int(module.weight.numel() // model.d_model)
    return 1


def check_number(number: int, size: int, what: str) -> None:
    """Refuse a number that is out of range.

    Raises:
        Refusal: `bad_args`.
    """
    if not 0 <= number < size:
        raise Refusal(
            "bad_args", f"{what} {number} is out of range", f"{what}s run from 0 to {size - 1}"
        )


def shown(parts: list[Component], most: int = 4) -> str:
    """A short list of names."""
    names = [str(part) for part in parts]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
