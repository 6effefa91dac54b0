"""A patching sweep of one pair of prompts, as differences of logits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor

from ..engine.patching import Site, sweep
from ..engine.recording import record
from ..engine.sweep import sweep_cells
from ..engine.sweep_layer import knows
from ..model import Model
from .pair import Pair

Direction = Literal["denoising", "noising"]


@dataclass(frozen=True)
class Swept:
    """Differences logit(answer) − logit(wrong) of one pair.

    Attributes:
        clean: After the clean prompt.
        corrupted: After the corrupted prompt.
        unpatched: Of the run that is patched, computed by the sweep without a patch.
        error: |unpatched − the same from the model's own logits|.
        moved: How far each patch moves the difference towards the other run.
    """

    clean: float
    corrupted: float
    unpatched: float
    error: float
    moved: Float[Tensor, "layer pos"]


def sweep_pair(
    model: Model,
    pair: Pair,
    *,
    site: Site,
    direction: Direction,
    layers: list[int],
    positions: list[int],
    charge: Callable[[int], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda _, __: None,
) -> Swept:
    """Patch one cell at a time from one run of the pair into the other.

    Args:
        model: The model.
        pair: Prompts and answers.
        site: What is patched.
        direction: `denoising` puts clean values into the corrupted run, `noising` the reverse.
        layers: Layers to patch.
        positions: Positions to patch.
        charge: Booked tokens, see `sweep`.
        on_progress: Called with (parts done, parts).
    """
    runs = {"clean": record(model, pair.clean), "corrupted": record(model, pair.corrupted)}
    plain = {
        name: float(run.logits[pair.answer] - run.logits[pair.wrong]) for name, run in runs.items()
    }
    there, here = ("clean", "corrupted") if direction == "denoising" else ("corrupted", "clean")
    tokens = [pair.answer, pair.wrong]
    if knows(model):
        logits = sweep_cells(
            model,
            runs[there],
            runs[here],
            site=site,
            cells=[(layer, position, 0) for layer in layers for position in positions],
            read=lambda x: model.adapter.logits(x, tokens),
            charge=charge,
            on_progress=on_progress,
        ).view(len(layers), len(positions), -1)
    else:
        logits = sweep(
            model,
            runs[there],
            runs[here],
            site=site,
            layers=layers,
            positions=positions,
            tokens=tokens,
            charge=charge,
            on_progress=on_progress,
        )
    own = model.adapter.logits(runs[here].resid_pre[-1][-1:], tokens).float()[0]
    unpatched = float(own[0] - own[1])
    sign = 1.0 if direction == "denoising" else -1.0
    return Swept(
        clean=plain["clean"],
        corrupted=plain["corrupted"],
        unpatched=unpatched,
        error=abs(unpatched - plain[here]),
        moved=sign * (logits[..., 0] - logits[..., 1] - unpatched),
    )
