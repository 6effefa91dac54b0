"""Activation patching over layers and positions: where a prompt's difference is carried."""

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..engine.causal.cells import Cell, SweepSite
from ..engine.causal.gradients import attributions
from ..engine.causal.patch import run_of
from ..engine.causal.precision import error_of_dtype, said
from ..engine.causal.readout import Metric, readout
from ..model import Model
from ..spec import Control, Data, Frozen, Refusal, WhiteBox, tool
from ..views import HeatMap
from ..workbench import Workbench
from .pair import Pair, make_pair, unrelated_pairs
from .pair_effects import Corruption, Direction, Swept, sweep_pair
from .prompts import PromptArgs, check_scale, given_pairs

_DRAWS = 8  # other prompts that a mean or a resampled corruption is taken from


class ActivationPatchingArgs(PromptArgs):
    """Prompts of equal token length, their answers, and what is patched."""

    corruption: Corruption = Field(
        "pair",
        description="pair: the corrupted prompt; resample: this prompt with random words for its "
        "subjects; mean: the mean of such prompts (noising only)",
    )
    metric: Metric = Field(
        "logit_difference",
        description="logit_difference; log_probability of the answer; kl from the clean run",
    )
    site: SweepSite = Field(
        "resid_pre",
        description="TransformerLens' hook: resid_pre, resid_mid, attn_out, mlp_out; z: heads",
    )
    neurons: int = Field(
        64, ge=1, le=2048, description="Neurons that are patched: those of largest attribution"
    )
    layers: list[int] = Field(default_factory=list, description="Layers to patch; none: all")
    positions: list[int] = Field(
        default_factory=list,
        description="Positions to patch, negative from the end; none: all. Heads and neurons: "
        "one, or none for all at once",
    )
    control_clean: str | None = Field(
        None, max_length=2000, description="Unrelated clean prompt; absent: made from the pair"
    )
    control_corrupted: str | None = Field(
        None, max_length=2000, description="Unrelated corrupted prompt, given with control_clean"
    )
    controls: int = Field(
        8, ge=1, le=16, description="Unrelated pairs that are made; each costs a whole sweep"
    )


class PositionEffect(Frozen):
    """Effects at one position over the patched layers."""

    position: int = Field(ge=0)
    token: str = Field(description="Token of the clean prompt there")
    best_effect: float = Field(description="Largest share of the difference that one patch moves")
    best_layer: int = Field(ge=0)
    half_layers: list[int] = Field(description="Layers whose patch moves at least half")


class PartEffect(Frozen):
    """Effect of one head or neuron."""

    layer: int = Field(ge=0)
    part: int = Field(ge=0, description="Number of the head or neuron")
    effect: float


class ActivationPatchingData(Data):
    """Values of the metric and the share of their difference that each patch moves."""

    pairs: int = Field(ge=1, description="Pairs whose mean this is")
    n_layers: int = Field(ge=1)
    n_tokens: int = Field(ge=1)
    answer_token: str
    wrong_token: str
    clean_difference: float = Field(
        description="The metric after `clean`: logit(answer) − logit(wrong)"
    )
    corrupted_difference: float = Field(description="The same after `corrupted`")
    unpatched_difference: float = Field(
        description="The same in the run that is patched, through the sweep but with no patch"
    )
    unpatched_error: float = Field(ge=0, description="|unpatched − that run's own difference|")
    best_effect: float = Field(description="1 moves the whole difference, 0 none of it")
    best_layer: int = Field(ge=0)
    best_position: int | None = Field(ge=0, description="None: all positions at once")
    best_part: int | None = Field(None, description="Head or neuron, where these were patched")
    best_token: str
    control_best_effect: float = Field(
        ge=0, description="Largest |effect| of any cell in any unrelated pair"
    )
    last_position_from: int | None = Field(
        ge=0, description="First layer whose patch at the last position moves at least half"
    )
    by_position: list[PositionEffect]
    top: list[PartEffect] = Field(
        default_factory=list, description="Heads or neurons of largest |effect|"
    )


@tool(access="target", version=2)
def activation_patching(
    bench: Workbench, args: ActivationPatchingArgs
) -> WhiteBox[ActivationPatchingData]:
    """Patch one state, block output, head or neuron at a time from a clean into a corrupted run.

    The effect is the share of the metric's difference that a patch restores (denoising) or destroys
    (noising). Neurons are screened by their gradient first, and those of largest attribution are
    really patched. Control: the same sweep on unrelated pairs of prompts, with the best layer and
    position chosen again; no patch there should move these answers.

    Misleads:
        A patch that restores the answer need not be where it is computed; prompts that
        differ in more than one thing, and backup components, blur the map.
    """
    model = bench.target
    generator = bench.generator("activation_patching", args)
    pairs, warnings = given_pairs(bench, args, generator)
    pair, length = pairs[0], len(pairs[0].clean)
    layers = _layers(model, args.layers)
    positions = _positions(length, args.positions, args.site)
    controls, others, made = _controls(bench, args, pairs, generator)
    reference = [run_of(model, p.clean).logits if args.metric == "kl" else None for p in pairs]
    total = len(pairs) + len(controls)

    def run(number: int, pair: Pair) -> Swept:
        home = number % len(pairs)  # controls are measured by the metric of the pair they come from
        return sweep_pair(
            model,
            pair,
            site=args.site,
            direction=args.direction,
            grid=grids[0] if number < len(pairs) else _grid(bench, args, [pair], layers, positions),
            metric=args.metric,
            corruption=args.corruption,
            others=others[home],
            reference=reference[home],
            charge=bench.meter.add,
            on_progress=lambda done, of: bench.progress(number * of + done, total * of, "patching"),
        )

    grids = [_grid(bench, args, pairs, layers, positions)]
    each = [run(i, p) for i, p in enumerate(pairs)]
    clean, corrupted, unpatched = (
        sum(getattr(s, name) for s in each) / len(each)
        for name in ("clean", "corrupted", "unpatched")
    )
    scale = check_scale(clean, corrupted)
    effects = torch.stack([s.moved for s in each]).mean(0) / scale
    beside = [run(len(pairs) + i, other).moved / scale for i, other in enumerate(controls)]
    if model.dtype != torch.float32:
        warnings.append(_inexact(bench, args, pair, grids[0], reference[0], scale, generator))
    if args.metric == "logit_difference" and clean <= 0:
        warnings.append("The model prefers the wrong answer after the clean prompt.")
    if args.metric == "logit_difference" and args.corruption == "pair" and corrupted >= 0:
        warnings.append("The model prefers the right answer after the corrupted prompt too.")
    ceiling = max(float(other.abs().max()) for other in beside)
    row, column = divmod(int(effects.argmax()), effects.shape[1])
    best, cell = float(effects.max()), grids[0][row][column]
    tokens = [model.token_text(i) for i in pair.clean]
    parts = args.site in ("z", "neurons")
    where = cell[1] if cell[1] >= 0 else None
    name = "head" if args.site == "z" else "neuron"
    data = ActivationPatchingData(
        pairs=len(pairs),
        n_layers=model.n_layers,
        n_tokens=length,
        answer_token=model.token_text(pair.answer),
        wrong_token=model.token_text(pair.wrong),
        clean_difference=clean,
        corrupted_difference=corrupted,
        unpatched_difference=unpatched,
        unpatched_error=max(s.error for s in each),
        best_effect=best,
        best_layer=cell[0],
        best_position=where,
        best_part=cell[2] if parts else None,
        best_token=f"{name} {cell[2]}" if parts else tokens[cell[1]],
        control_best_effect=ceiling,
        last_position_from=None if parts else _last_from(effects, layers, positions, length),
        by_position=[]
        if parts
        else [_at_position(effects[:, i], layers, p, tokens[p]) for i, p in enumerate(positions)],
        top=_top(effects, grids[0]) if parts else [],
    )
    beyond = best > ceiling
    return WhiteBox(
        summary=_sentence(data, beyond, args.direction),
        data=data,
        control=Control(
            what=f"the same sweep on {len(controls)} unrelated pair(s) of prompts ({made}), best "
            "cell chosen again, in units of this pair's difference",
            numbers={"pairs": len(controls), "best_effect": ceiling},
            beyond=beyond,
        ),
        warnings=warnings,
        view=HeatMap(
            title=f"Patching {args.site}, {args.direction}",
            caption="Share of the difference that one patch moves; control: mean over "
            "unrelated pairs.",
            rows=[
                f"L{r[0][0]}N{r[0][2]}" if args.site == "neurons" else f"L{r[0][0]}"
                for r in grids[0]
            ],
            columns=[f"H{c[2]}" for c in grids[0][0]]
            if args.site == "z"
            else ["effect"]
            if parts
            else [tokens[p] for p in positions],
            values=effects.tolist(),
            control=torch.stack(beside).mean(0).tolist(),
            row_title="layer",
            column_title=("head" if args.site == "z" else "") if parts else "token",
            unit="share of the difference",
            diverging=True,
        ),
    )


def _inexact(
    bench: Workbench,
    args: ActivationPatchingArgs,
    pair: Pair,
    grid: list[list[Cell]],
    reference: Float[Tensor, "d_vocab"] | None,
    scale: float,
    generator: torch.Generator,
) -> str:
    """What low precision does to cells of the first pair, patched by its corrupted prompt."""
    model = bench.target
    there, here = pair.clean, pair.corrupted
    logits = run_of(model, pair.clean).logits if reference is None else reference
    sampled, error = error_of_dtype(
        model,
        (there, here) if args.direction == "denoising" else (here, there),
        site=args.site,
        cells=[cell for row in grid for cell in row],
        readout=readout(args.metric, pair.answer, pair.wrong, logits),
        generator=generator,
        charge=bench.meter.add,
    )
    return said(model.dtype, sampled, error, scale)


def _layers(model: Model, layers: list[int]) -> list[int]:
    for layer in layers:
        if not 0 <= layer < model.n_layers:
            raise Refusal(
                "bad_args",
                f"layer {layer} is out of range",
                f"layers run from 0 to {model.n_layers - 1}",
            )
    return sorted(set(layers)) or list(range(model.n_layers))


def _positions(length: int, positions: list[int], site: SweepSite) -> list[int]:
    if site in ("z", "neurons") and len(positions) > 1:
        raise Refusal(
            "bad_args",
            f"{site} is patched at one position or at all of them, not at {len(positions)}",
            "correct: positions=[-1], or leave them out",
        )
    for position in positions:
        if not -length <= position < length:
            raise Refusal(
                "bad_args",
                f"position {position} lies beyond the prompt",
                f"the prompt has {length} tokens: 0 to {length - 1}, or -{length} to -1",
            )
    every = [-1] if site in ("z", "neurons") else list(range(length))
    return sorted({p % length for p in positions}) or every


def _grid(
    bench: Workbench,
    args: ActivationPatchingArgs,
    pairs: list[Pair],
    layers: list[int],
    positions: list[int],
) -> list[list[Cell]]:
    """Cells by layer and position, or head; for neurons those of largest attribution."""
    model = bench.target
    if args.site == "z":
        return [[(x, positions[0], h) for h in range(model.n_heads)] for x in layers]
    if args.site != "neurons":
        return [[(x, p, 0) for p in positions] for x in layers]
    scores = []
    for pair in pairs:
        clean, other = run_of(model, pair.clean), run_of(model, pair.corrupted)
        there, here = (clean, other) if args.direction == "denoising" else (other, clean)
        metric = "logit_difference" if args.metric == "kl" else args.metric  # kl is flat at clean
        read = readout(metric, pair.answer, pair.wrong, clean.logits)
        found = attributions(
            model, there, here, site="neurons", readout=read, charge=bench.meter.add
        )
        scores.append(found.sum(1) if positions[0] < 0 else found[:, positions[0]])
    score = torch.stack(scores).mean(0)[layers].abs()
    best = score.flatten().topk(min(args.neurons, score.numel())).indices.tolist()
    places = [divmod(i, score.shape[1]) for i in best]
    return [[(layers[x], positions[0], neuron)] for x, neuron in places]


def _top(effects: Float[Tensor, "row column"], grid: list[list[Cell]]) -> list[PartEffect]:
    cells = [cell for row in grid for cell in row]
    order = effects.flatten().abs().argsort(descending=True)[:10].tolist()
    return [
        PartEffect(layer=cells[i][0], part=cells[i][2], effect=float(effects.flatten()[i]))
        for i in order
    ]


def _controls(
    bench: Workbench, args: ActivationPatchingArgs, pairs: list[Pair], generator: torch.Generator
) -> tuple[list[Pair], list[list[Pair]], str]:
    """Unrelated pairs; for each pair the prompts that corrupt it; where the pairs come from."""
    pair, model = pairs[0], bench.target
    if (args.control_clean is None) != (args.control_corrupted is None):
        raise Refusal(
            "bad_args", "a control pair needs both prompts", "give control_clean and the other"
        )
    made, told = [], "a pair with random words for its subjects"
    if args.control_clean is not None and args.control_corrupted is not None:
        given, _ = make_pair(
            model,
            args.control_clean,
            args.control_corrupted,
            args.answer,
            args.wrong,
            chat=args.chat,
        )
        if len(given.clean) != len(pair.clean):
            raise Refusal(
                "bad_args",
                f"the control pair has {len(given.clean)} tokens, the pair {len(pair.clean)}",
                "choose control prompts of the same length, or leave them out",
            )
        made, told = [given], "as given"
    draws = 0 if args.corruption == "pair" else _DRAWS
    wanted = 0 if made else -(-args.controls // len(pairs))
    drawn = [
        unrelated_pairs(model, p, wanted + draws, generator) if wanted + draws else []
        for p in pairs
    ]
    # In turns over the pairs: control number i belongs to pair i mod len(pairs).
    turns = [p for turn in zip(*(row[:wanted] for row in drawn), strict=False) for p in turn]
    return made or turns[: args.controls], [row[wanted:] for row in drawn], told


def _at_position(
    effects: Float[Tensor, "layer"], layers: list[int], position: int, token: str
) -> PositionEffect:
    best = int(effects.argmax())
    return PositionEffect(
        position=position,
        token=token,
        best_effect=float(effects[best]),
        best_layer=layers[best],
        half_layers=[layer for layer, e in zip(layers, effects.tolist(), strict=True) if e >= 0.5],
    )


def _last_from(
    effects: Float[Tensor, "layer pos"], layers: list[int], positions: list[int], length: int
) -> int | None:
    if length - 1 not in positions:
        return None
    last = effects[:, positions.index(length - 1)].tolist()
    return next((layer for layer, e in zip(layers, last, strict=True) if e >= 0.5), None)


def _sentence(data: ActivationPatchingData, beyond: bool, direction: Direction) -> str:
    verb = "restores" if direction == "denoising" else "destroys"
    place = data.best_token if data.best_part is not None else repr(data.best_token)
    seen = (
        f"patching layer {data.best_layer} at {place} {verb} {data.best_effect:.0%} of "
        f"the difference {data.clean_difference:.2f} against {data.corrupted_difference:.2f} "
        f"(unrelated prompts: at most {data.control_best_effect:.0%})"
    )
    if not beyond:
        return f"No effect beyond control: {seen}."
    strong = [p for p in data.by_position if p.half_layers]
    path = "; ".join(
        f"{p.token!r} (position {p.position}) in layers {p.half_layers[0]}–{p.half_layers[-1]}"
        for p in strong[:4]
    )
    return f"The best patch: {seen}." + (f" At least half is carried at {path}." if path else "")
