"""Attribution patching: an estimate of every patch from one gradient, with its faithfulness."""

from typing import Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..engine.causal.cells import Cell
from ..engine.causal.gradients import attributions
from ..engine.causal.patch import own_value, patch_cells, run_of
from ..engine.causal.readout import readout
from ..spec import Control, Data, Frozen, WhiteBox, tool
from ..views import HeatMap
from ..workbench import Workbench
from .pair import Pair, unrelated_pairs
from .prompts import PromptArgs, check_scale, given_pairs

TRUSTED = 0.8  # correlation with real patches below which a warning is given
_FAR = 0.5  # a deviation of half the difference: the order may be right, the sizes are not


class AttributionPatchingArgs(PromptArgs):
    """Prompts, what is estimated, and how the gradient is taken."""

    site: Literal["z", "resid_pre", "attn_out", "mlp_out"] = Field(
        "z", description="z: heads, all positions at once; others by layer and position"
    )
    metric: Literal["logit_difference", "log_probability"] = Field(
        "logit_difference", description="What is read at the last position"
    )
    path_steps: int = Field(
        1,
        ge=1,
        le=64,
        description="1: gradient of the patched run; more: mean over steps between the prompts' "
        "embeddings",
    )
    sample: int = Field(48, ge=8, le=512, description="Cells that are really patched as a check")
    controls: int = Field(8, ge=1, le=16, description="Unrelated pairs that are estimated as well")


class Estimate(Frozen):
    """One cell, estimated and really patched."""

    layer: int = Field(ge=0)
    part: int = Field(ge=0, description="Head, or position")
    name: str
    estimate: float = Field(description="Share of the difference by the gradient")
    patched: float = Field(description="The same by a real patch")


class AttributionPatchingData(Data):
    """Estimates, and how far they can be trusted; effects are shares of the difference."""

    pairs: int = Field(ge=1)
    cells: int = Field(ge=1)
    path_steps: int = Field(ge=1)
    clean_difference: float
    corrupted_difference: float
    sampled: int = Field(description="Random cells that were really patched")
    correlation: float | None = Field(description="Of estimate and real patch over these cells")
    largest_deviation: float = Field(description="Largest |estimate − real patch| over these cells")
    control_best_effect: float = Field(description="Largest |estimate| in any unrelated pair")
    best_effect: float = Field(description="Largest |estimate|")
    top: list[Estimate] = Field(description="Largest estimates, each really patched too")


@tool(access="target")
def attribution_patching(
    bench: Workbench, args: AttributionPatchingArgs
) -> WhiteBox[AttributionPatchingData]:
    """Estimate what patching every head, state or block output would do, from gradients.

    A random sample of cells is really patched in every call: correlation and largest deviation say
    whether to believe the rest. Where they are poor, raise `path_steps` or patch really. Control:
    the same estimates on unrelated pairs.

    Misleads:
        It is a linear guess: where the model saturates, large effects look like none.
    """
    model, generator = bench.target, bench.generator("attribution_patching", args)
    pairs, warnings = given_pairs(bench, args, generator)
    wanted = -(-args.controls // len(pairs))
    drawn = [unrelated_pairs(model, pair, wanted, generator) for pair in pairs]
    controls = [p for turn in zip(*drawn, strict=False) for p in turn][: args.controls]
    found = [_estimate(bench, args, pair) for pair in pairs]
    bench.progress(1, 3, "estimating")
    clean = sum(f[0] for f in found) / len(found)
    corrupted = sum(f[1] for f in found) / len(found)
    scale = check_scale(clean, corrupted)
    effects = torch.stack([f[2] for f in found]).mean(0) / scale
    beside = [_estimate(bench, args, pair)[2] / scale for pair in controls]
    bench.progress(2, 3, "estimating")
    live = effects.flatten().nonzero()[:, 0]
    order = live[torch.randperm(len(live), generator=generator)][: args.sample].tolist()
    best = effects.flatten().abs().argsort(descending=True)[:10].tolist()
    real = _patched(bench, args, pairs, [*order, *best], effects.shape[1]) / scale
    near, true = effects.flatten()[order], real[: len(order)]
    together = torch.stack([near, true])
    flat = len(order) < 2 or bool((together.std(1) == 0).any())
    correlation = None if flat else float(torch.corrcoef(together)[0, 1])
    tokens = [model.token_text(i) for i in pairs[0].clean]
    ceiling = max(float(other.abs().max()) for other in beside)
    top = []
    for place, value in zip(best, real[len(order) :].tolist(), strict=True):
        layer, part = divmod(place, effects.shape[1])
        name = f"L{layer}H{part}" if args.site == "z" else f"L{layer} {tokens[part]!r}"
        top.append(
            Estimate(
                layer=layer,
                part=part,
                name=name,
                estimate=float(effects[layer, part]),
                patched=value,
            )
        )
    data = AttributionPatchingData(
        pairs=len(pairs),
        cells=effects.numel(),
        path_steps=args.path_steps,
        clean_difference=clean,
        corrupted_difference=corrupted,
        sampled=len(order),
        correlation=correlation,
        largest_deviation=float((near - true).abs().max()) if order else 0.0,
        control_best_effect=ceiling,
        best_effect=abs(top[0].estimate),
        top=top,
    )
    beyond = data.best_effect > ceiling
    if correlation is None or correlation < TRUSTED or data.largest_deviation > _FAR:
        warnings.append(
            "The estimates do not follow real patches: raise path_steps, or use "
            "activation_patching."
        )
    return WhiteBox(
        summary=_sentence(data, beyond),
        data=data,
        control=Control(
            what=f"the same estimates on {len(controls)} unrelated pairs, best cell chosen again, "
            "in units of this difference; and real patches of a random sample of cells",
            numbers={
                "pairs": len(controls),
                "best_effect": ceiling,
                "correlation": correlation,
                "largest_deviation": data.largest_deviation,
            },
            beyond=beyond,
        ),
        warnings=warnings,
        view=HeatMap(
            title=f"Attribution of {args.site}, {args.direction}, {args.path_steps} step(s)",
            caption="Estimated share of the difference; control: mean over unrelated pairs.",
            rows=[f"L{i}" for i in range(len(effects))],
            columns=[f"H{i}" for i in range(effects.shape[1])] if args.site == "z" else tokens,
            values=effects.tolist(),
            control=torch.stack(beside).mean(0).tolist(),
            row_title="layer",
            column_title="head" if args.site == "z" else "token",
            unit="share of the difference",
            diverging=True,
        ),
    )


def _estimate(
    bench: Workbench, args: AttributionPatchingArgs, pair: Pair
) -> tuple[float, float, Float[Tensor, "layer column"]]:
    """The metric after both prompts, and each cell's estimate towards the other run."""
    model = bench.target
    clean, corrupted = run_of(model, pair.clean), run_of(model, pair.corrupted)
    read = readout(args.metric, pair.answer, pair.wrong, clean.logits)
    there, here = (clean, corrupted) if args.direction == "denoising" else (corrupted, clean)
    found = attributions(
        model, there, here, site=args.site, readout=read, path_steps=args.path_steps,
        charge=bench.meter.add,
    )  # fmt: skip
    sign = 1.0 if args.direction == "denoising" else -1.0
    grid = found.sum(1) if args.site == "z" else found[..., 0]
    return own_value(model, clean, read), own_value(model, corrupted, read), sign * grid


def _patched(
    bench: Workbench,
    args: AttributionPatchingArgs,
    pairs: list[Pair],
    places: list[int],
    width: int,
) -> Float[Tensor, "cell"]:
    """The same cells by real patches: the mean over the pairs."""
    model, total = bench.target, torch.zeros(len(places))
    cells: list[Cell] = []
    for layer, part in (divmod(place, width) for place in places):
        cells.append((layer, -1, part) if args.site == "z" else (layer, part, 0))
    for pair in pairs:
        clean, corrupted = run_of(model, pair.clean), run_of(model, pair.corrupted)
        read = readout(args.metric, pair.answer, pair.wrong, clean.logits)
        there, here = (clean, corrupted) if args.direction == "denoising" else (corrupted, clean)
        found = patch_cells(
            model, there, here, site=args.site, cells=cells, readout=read, charge=bench.meter.add
        )
        sign = 1.0 if args.direction == "denoising" else -1.0
        total += sign * (found - own_value(model, here, read)) / len(pairs)
    return total


def _sentence(data: AttributionPatchingData, beyond: bool) -> str:
    r = "undefined" if data.correlation is None else f"{data.correlation:.2f}"
    best = data.top[0]
    trust = (
        f"over {data.sampled} random cells, really patched, r = {r} and the largest deviation is "
        f"{data.largest_deviation:.0%}"
    )
    seen = (
        f"{best.name} has the largest estimate, {best.estimate:.0%} of the difference (really "
        f"{best.patched:.0%}; unrelated pairs: at most {data.control_best_effect:.0%})"
    )
    return f"{'' if beyond else 'No effect beyond control: '}{seen}; {trust}."
