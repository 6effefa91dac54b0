"""Activation patching over layers and positions: where a prompt's difference is carried."""

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..engine.patching import Site
from ..model import Model
from ..spec import Args, Control, Data, Frozen, Refusal, WhiteBox, tool
from ..views import HeatMap
from ..workbench import Workbench
from .pair import Pair, make_pair, unrelated_pairs
from .pair_sweep import Direction, Swept, sweep_pair

_LEAST = 1e-3  # a difference of logits below this cannot be divided by


class ActivationPatchingArgs(Args):
    """Two prompts of equal token length, their answers, and what is patched."""

    clean: str = Field(
        "Unlike Italy, the country of France has its capital in",
        max_length=2000,
        description="Prompt whose answer is `answer`",
    )
    corrupted: str = Field(
        "Unlike France, the country of Italy has its capital in",
        max_length=2000,
        description="Prompt of as many tokens whose answer is `wrong`",
    )
    answer: str = Field(" Paris", description="What follows `clean`; mind the leading space")
    wrong: str = Field(" Rome", description="What follows `corrupted`")
    chat: bool = Field(False, description="Wrap both prompts in the chat template")
    direction: Direction = Field(
        "denoising", description="denoising: clean values into the corrupted run; or the reverse"
    )
    site: Site = Field("resid_pre", description="TransformerLens' hook: blocks.L.hook_<site>")
    layers: list[int] = Field(default_factory=list, description="Layers to patch; none: all")
    positions: list[int] = Field(
        default_factory=list, description="Positions to patch, negative from the end; none: all"
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


class ActivationPatchingData(Data):
    """Logit differences (answer − wrong) and the share of them that each patch moves."""

    n_layers: int = Field(ge=1)
    n_tokens: int = Field(ge=1)
    answer_token: str
    wrong_token: str
    clean_difference: float = Field(description="logit(answer) − logit(wrong) after `clean`")
    corrupted_difference: float = Field(description="The same after `corrupted`")
    unpatched_difference: float = Field(
        description="The same in the run that is patched, through the sweep but with no patch"
    )
    unpatched_error: float = Field(ge=0, description="|unpatched − that run's own difference|")
    best_effect: float = Field(description="1 moves the whole difference, 0 none of it")
    best_layer: int = Field(ge=0)
    best_position: int = Field(ge=0)
    best_token: str
    control_best_effect: float = Field(
        ge=0, description="Largest |effect| of any cell in any unrelated pair"
    )
    last_position_from: int | None = Field(
        ge=0, description="First layer whose patch at the last position moves at least half"
    )
    by_position: list[PositionEffect]


@tool(access="target")
def activation_patching(
    bench: Workbench, args: ActivationPatchingArgs
) -> WhiteBox[ActivationPatchingData]:
    """Patch one layer and position at a time from a clean into a corrupted prompt.

    The effect is the share of the logit difference that a patch restores (denoising) or destroys
    (noising). Control: the same sweep on unrelated pairs of prompts, with the best layer and
    position chosen again; no patch there should move these answers.
    """
    model = bench.target
    pair, warnings = make_pair(
        model, args.clean, args.corrupted, args.answer, args.wrong, chat=args.chat
    )
    layers = _layers(model, args.layers)
    positions = _positions(len(pair.clean), args.positions)
    controls, made = _controls(bench, args, pair)

    def run(number: int, pair: Pair) -> Swept:
        return sweep_pair(
            model,
            pair,
            site=args.site,
            direction=args.direction,
            layers=layers,
            positions=positions,
            charge=bench.meter.add,
            on_progress=lambda done, of: bench.progress(
                number * of + done, (1 + len(controls)) * of, "patching"
            ),
        )

    found = run(0, pair)
    if abs(found.clean - found.corrupted) < _LEAST:
        raise Refusal(
            "numerical",
            f"clean and corrupted prompt give the same difference ({found.clean:.3g})",
            "choose prompts or answers that this model tells apart",
        )
    scale = found.clean - found.corrupted
    effects = found.moved / scale
    beside = [run(1 + i, other).moved / scale for i, other in enumerate(controls)]
    if found.clean <= 0:
        warnings.append("The model prefers the wrong answer after the clean prompt.")
    if found.corrupted >= 0:
        warnings.append("The model prefers the right answer after the corrupted prompt too.")
    ceiling = max(float(other.abs().max()) for other in beside)
    row, column = divmod(int(effects.argmax()), len(positions))
    best = float(effects.max())
    tokens = [model.token_text(i) for i in pair.clean]
    data = ActivationPatchingData(
        n_layers=model.n_layers,
        n_tokens=len(pair.clean),
        answer_token=model.token_text(pair.answer),
        wrong_token=model.token_text(pair.wrong),
        clean_difference=found.clean,
        corrupted_difference=found.corrupted,
        unpatched_difference=found.unpatched,
        unpatched_error=found.error,
        best_effect=best,
        best_layer=layers[row],
        best_position=positions[column],
        best_token=tokens[positions[column]],
        control_best_effect=ceiling,
        last_position_from=_last_from(effects, layers, positions, len(pair.clean)),
        by_position=[
            _at_position(effects[:, i], layers, p, tokens[p]) for i, p in enumerate(positions)
        ],
    )
    beyond = best > ceiling
    return WhiteBox(
        summary=_sentence(data, beyond, args.direction),
        data=data,
        control=Control(
            what=f"the same sweep on {len(controls)} unrelated pair(s) of prompts ({made}), best "
            "layer and position chosen again, in units of this pair's difference",
            numbers={"pairs": len(controls), "best_effect": ceiling},
            beyond=beyond,
        ),
        warnings=warnings,
        view=HeatMap(
            title=f"Patching {args.site}, {args.direction}",
            caption="Share of the logit difference that one patch moves; control: mean over "
            "unrelated pairs.",
            rows=[f"L{layer}" for layer in layers],
            columns=[tokens[p] for p in positions],
            values=effects.tolist(),
            control=torch.stack(beside).mean(0).tolist(),
            row_title="layer",
            column_title="token",
            unit="share of the difference",
            diverging=True,
        ),
    )


def _layers(model: Model, layers: list[int]) -> list[int]:
    for layer in layers:
        if not 0 <= layer < model.n_layers:
            raise Refusal(
                "bad_args",
                f"layer {layer} is out of range",
                f"layers run from 0 to {model.n_layers - 1}",
            )
    return sorted(set(layers)) or list(range(model.n_layers))


def _positions(length: int, positions: list[int]) -> list[int]:
    for position in positions:
        if not -length <= position < length:
            raise Refusal(
                "bad_args",
                f"position {position} lies beyond the prompt",
                f"the prompt has {length} tokens: 0 to {length - 1}, or -{length} to -1",
            )
    return sorted({p % length for p in positions}) or list(range(length))


def _controls(bench: Workbench, args: ActivationPatchingArgs, pair: Pair) -> tuple[list[Pair], str]:
    """Unrelated pairs, and where they come from."""
    if (args.control_clean is None) != (args.control_corrupted is None):
        raise Refusal(
            "bad_args", "a control pair needs both prompts", "give control_clean and the other"
        )
    if args.control_clean is not None and args.control_corrupted is not None:
        given, _ = make_pair(
            bench.target,
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
        return [given], "as given"
    generator = bench.generator("activation_patching", args)
    made = unrelated_pairs(bench.target, pair, args.controls, generator)
    return made, "this pair with random words for its subjects"


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
    seen = (
        f"patching layer {data.best_layer} at {data.best_token!r} {verb} {data.best_effect:.0%} of "
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
