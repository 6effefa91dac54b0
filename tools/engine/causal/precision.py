"""How far low-precision sweeps are from float32 arithmetic on the same weights."""

import copy
from collections.abc import Callable

import torch

from ...model import Model
from .cells import Cell, SweepSite
from .patch import patch_cells, run_of
from .readout import Readout

_SAMPLE = 8  # cells that are patched again in float32


@torch.no_grad()
def error_of_dtype(
    model: Model,
    prompts: tuple[list[int], list[int]],
    *,
    site: SweepSite,
    cells: list[Cell],
    readout: Readout,
    generator: torch.Generator,
    charge: Callable[[int], None] = lambda _: None,
) -> tuple[int, float]:
    """The largest difference from float32 over a random sample of cells.

    The weights are widened, which is exact; everything after that is done anew in float32, for
    which a second copy of the model is held while this runs.

    Args:
        model: A model in bfloat16 or float16.
        prompts: Where the values come from, and what they are put in.
        site: What is patched.
        cells: What the sweep patched.
        readout: What is read at the last position.
        generator: Source of the sample.
        charge: Booked tokens.

    Returns:
        Cells in the sample, and the largest |low precision − float32| of what is read.

    Raises:
        Refusal: As `patch_cells`.
    """
    order = torch.randperm(len(cells), generator=generator)[:_SAMPLE].tolist()
    chosen = [cells[i] for i in order]
    wide = Model(
        hf=copy.deepcopy(model.hf).float(),
        tokenizer=model.tokenizer,
        name=model.name,
        sha256=model.sha256,
        folder=model.folder,  # its copied hooks still count for the model
    )
    low, exact = (
        patch_cells(m, *(run_of(m, ids) for ids in prompts), site=site, cells=chosen,
                    readout=readout, charge=charge)
        for m in (model, wide)
    )  # fmt: skip
    return len(chosen), float((low - exact).abs().max())


def said(dtype: torch.dtype, sampled: int, error: float, scale: float) -> str:
    """The warning of a result in low precision.

    Args:
        dtype: The model's.
        sampled: Cells that were patched in float32 as well.
        error: Largest difference over them.
        scale: What an effect of 1 is in the same unit.
    """
    return (
        f"{str(dtype).removeprefix('torch.')} is not equal to float32: over {sampled} of these "
        f"cells, patched in both, the metric differs by up to {error:.2g} "
        f"({error / abs(scale):.1%} of the difference)."
    )
