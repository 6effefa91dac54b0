"""Every illusion, by name."""

from collections.abc import Callable

from ...model import Model
from .patching import gradient_for_effect, half_an_edit
from .probing import best_of_layers
from .reading import everything_alike, explained_variance, lens_without_norm, one_direction
from .steering import chosen_coefficient
from .tokens import double_start, long_first_token, padding_as_text
from .types import Illusion

ILLUSIONS: dict[str, Callable[[Model], Illusion]] = {
    "lens-without-norm": lens_without_norm,
    "one-direction": one_direction,
    "everything-alike": everything_alike,
    "explained-variance": explained_variance,
    "best-of-layers": best_of_layers,
    "half-an-edit": half_an_edit,
    "gradient-for-effect": gradient_for_effect,
    "chosen-coefficient": chosen_coefficient,
    "double-start": double_start,
    "padding-as-text": padding_as_text,
    "long-first-token": long_first_token,
}
