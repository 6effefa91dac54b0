"""What patches move in one pair of prompts, under a corruption, a direction and a metric."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ..engine.causal.cells import Cell, SweepSite
from ..engine.causal.patch import own_value, patch_cells, run_of
from ..engine.causal.readout import Metric, readout
from ..engine.recording import Recording
from ..model import Model
from ..spec import Refusal
from .pair import Pair

Direction = Literal["denoising", "noising"]
Corruption = Literal["pair", "mean", "resample"]


@dataclass(frozen=True)
class Swept:
    """Values of the metric in one pair.

    Attributes:
        clean: After the clean prompt.
        corrupted: After the corrupted prompt; a mean, where there are several.
        unpatched: Of the run that is patched, computed by the sweep without a patch.
        error: |unpatched − the same from the model's own logits|.
        moved: clean − corrupted times the share of the way that each patch moves the metric.
    """

    clean: float
    corrupted: float
    unpatched: float
    error: float
    moved: Float[Tensor, "row column"]


def sweep_pair(
    model: Model,
    pair: Pair,
    *,
    site: SweepSite,
    direction: Direction,
    grid: list[list[Cell]],
    metric: Metric = "logit_difference",
    corruption: Corruption = "pair",
    others: list[Pair] | None = None,
    reference: Float[Tensor, "d_vocab"] | None = None,
    charge: Callable[[int], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda _, __: None,
) -> Swept:
    """Patch one cell at a time from one run of the pair into the other.

    Args:
        model: The model.
        pair: Prompts and answers.
        site: What is patched.
        direction: `denoising` puts clean values into the corrupted run, `noising` the reverse.
        grid: Cells, as rows of one length.
        metric: What is read.
        corruption: Where corrupted values come from: the pair's corrupted prompt, other prompts of
            the same form one by one (`resample`), or their mean.
        others: These other prompts: their clean sides are used.
        reference: Logits that `kl` is measured from; absent: the clean run's own.
        charge: Booked tokens.
        on_progress: Called with (parts done, parts).

    Raises:
        Refusal: `bad_args`, if a mean of runs is asked to be patched: it is no run.
    """
    if corruption == "mean" and direction == "denoising":
        raise Refusal(
            "bad_args", "a mean is no run that could be denoised", 'correct: direction="noising"'
        )
    clean = run_of(model, pair.clean)
    sources = [pair.corrupted] if corruption == "pair" else [o.clean for o in others or []]
    runs = [run_of(model, ids) for ids in sources]
    read = readout(
        metric, pair.answer, pair.wrong, clean.logits if reference is None else reference
    )
    worth = [own_value(model, run, read) for run in runs]
    top, bottom = own_value(model, clean, read), sum(worth) / len(worth)
    steps = [mean_of(runs)] if corruption == "mean" else runs
    cells = [cell for row in grid for cell in row]
    total = torch.zeros(len(cells))
    for number, run in enumerate(steps):
        there, here = (clean, run) if direction == "denoising" else (run, clean)
        found = patch_cells(
            model, there, here, site=site, cells=cells, readout=read, charge=charge,
            on_progress=partial(_part_done, on_progress, number, len(steps)),
        )  # fmt: skip
        moved = found - worth[number] if direction == "denoising" else top - found
        total += moved / len(steps)
    patched = [clean] if direction == "noising" else runs
    own = [float(read.of_logits(run.logits[None])) for run in patched]
    mine = [top] if direction == "noising" else worth
    return Swept(
        clean=top,
        corrupted=bottom,
        unpatched=sum(mine) / len(mine),
        error=max(abs(a - b) for a, b in zip(own, mine, strict=True)),
        moved=total.view(len(grid), -1),
    )


def _part_done(
    told: Callable[[int, int], None], number: int, count: int, done: int, of: int
) -> None:
    told(number * of + done, count * of)


def mean_of(runs: list[Recording]) -> Recording:
    """A recording whose values are the means of other recordings'."""
    fields = ("resid_pre", "attn_out", "mlp_out", "z", "neurons")
    means: dict[str, Any] = {
        f: torch.stack([getattr(run, f) for run in runs]).mean(0) for f in fields
    }
    return replace(runs[0], **means)
