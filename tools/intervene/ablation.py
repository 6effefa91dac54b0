"""What the model can't do without a component, set against random components like it."""

from typing import Annotated, Literal

import torch
from pydantic import Field

from ..engine.components.ablate import Direction, Method, Part, places_of
from ..engine.components.effects import Effect, effects
from ..engine.components.matched import matched_sets, random_directions
from ..engine.components.names import Component, check_number, component
from ..engine.components.reference import reference_values
from ..spec import Args, Control, Data, Frozen, Refusal, WhiteBox, tool
from ..views import Bars
from ..workbench import Workbench
from .ablation_items import prompt_items, reference_sequences, repeated_items

Measure = Literal["loss", "logit_difference", "kl"]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
_NOISE = 1e-3  # nats or logits; less than this may be rounding
_NAMES = {
    "loss": "loss of the right token",
    "logit_difference": "logit difference",
    "kl": "KL to the model as it is",
}


class AblationArgs(Args):
    """What is ablated together, how, and what is measured on which prompts."""

    components: list[str] = Field(
        default_factory=lambda: ["L0.mlp"],
        min_length=1,
        max_length=512,
        description="Ablated together: L5H3 (head), L5N120 (neuron), L5.mlp, L5.attention, L5 "
        "(layer), dir:7 (a kept direction)",
    )
    method: Method = Field(
        "mean", description="Put in place: zero, the mean over reference, or a random token's value"
    )
    measure: Measure = Field("loss", description="What the verdict is about")
    prompts: list[Text] = Field(
        default_factory=list,
        max_length=64,
        description="Prompts, or texts to predict; none: random tokens twice, second copy scored",
    )
    answers: list[Text] = Field(
        default_factory=list, max_length=64, description="Right answer of each prompt, with space"
    )
    wrong: list[Text] = Field(
        default_factory=list, max_length=64, description="Wrong one, for the logit difference"
    )
    chat: bool = Field(False, description="Wrap the prompts in the chat template")
    reference: list[Text] = Field(
        default_factory=list,
        max_length=64,
        description="Texts for mean and resample; none: plain sentences, or unrepeated tokens",
    )
    layers: list[int] = Field(
        default_factory=list, description="Where directions are ablated; none: after every layer"
    )
    controls: int = Field(8, ge=8, le=32, description="Random sets (directions: twice as many)")
    length: int = Field(24, ge=8, le=128, description="Random tokens before they are repeated")
    sequences: int = Field(4, ge=1, le=32, description="Sequences of random tokens")
    draw: int = Field(0, ge=0, description="Another draw of random tokens and random sets")


class RandomSet(Frozen):
    """One random set and what ablating it does."""

    components: list[str]
    loss: float = Field(description="nats")
    logit_difference: float | None
    kl: float = Field(ge=0, description="nats")


class AblationData(Data):
    """Means over the scored tokens, without and with the ablation; losses and KL in nats."""

    components: list[str]
    n_scored: int = Field(ge=1, description="Predictions that are averaged")
    plain_loss: float
    loss: float
    control_loss_low: float
    control_loss_high: float
    plain_logit_difference: float | None
    logit_difference: float | None
    control_logit_difference_low: float | None
    control_logit_difference_high: float | None
    kl: float = Field(ge=0, description="KL(model as it is ‖ ablated)")
    control_kl_high: float = Field(ge=0)
    effect: float = Field(
        description="In the chosen measure: rise of the loss, fall of the difference, or the KL"
    )
    control_effect_low: float
    control_effect_high: float
    n_same_layers: int = Field(ge=0, description="Random sets that keep to the same layers")
    random_sets: list[RandomSet]


@tool(access="target")
def ablation(bench: Workbench, args: AblationArgs) -> WhiteBox[AblationData]:
    """Ablate heads, MLPs, attention blocks, layers, neurons or directions together.

    Values are replaced at every token but the first. Control: at least 8 random sets of as many
    other components of the same kinds and layers; for directions random ones, isotropic and from
    the activations' covariance. What random sets do as well is no effect.

    Misleads:
        A part that others stand in for looks needless when it is taken away alone; a
        value that never occurs harms by itself.
    """
    model = bench.target
    parts = _parts(bench, args)
    generator = bench.generator("ablation", args)
    if args.prompts:
        items, warnings = prompt_items(
            model, args.prompts, args.answers, args.wrong, chat=args.chat
        )
        texts = reference_sequences(model, args.reference)
    else:
        _refuse_answers(args)
        items, texts = repeated_items(model, args.length, args.sequences, generator)
        texts = reference_sequences(model, args.reference) if args.reference else texts
        warnings = []
    if args.measure == "logit_difference" and not args.wrong:
        raise Refusal(
            "bad_args",
            "a logit difference needs prompts, answers and wrong answers",
            'correct: prompts=["The capital of France is"], answers=[" Paris"], wrong=[" Rome"]',
        )
    sets, same = _random_sets(bench, args, parts, texts, generator)
    places = set().union(*(places_of(p) for p in [parts, *sets])) if args.method != "zero" else None
    reference = reference_values(model, texts, places) if places else {}
    plain, own, *others = effects(
        model,
        items,
        [parts, *sets],
        args.method,
        reference,
        generator,
        lambda done, of: bench.progress(done, of, "ablations"),
    )
    if len(sets) < args.controls:
        warnings.append(f"The model has only {len(sets)} other sets of components to compare with.")
    elif same < len(sets):
        warnings.append(f"{len(sets) - same} of {len(sets)} random sets are of other layers.")
    data = _data(args, parts, sum(len(i.places) for i in items), plain, own, others, sets, same)
    low, high = data.control_effect_low, data.control_effect_high
    beyond = abs(data.effect) > max(abs(low), abs(high), _NOISE)
    return WhiteBox(
        summary=_sentence(data, args.measure, beyond),
        data=data,
        control=Control(
            what=f"{len(sets)} random sets of as many components of the same kinds, {same} of "
            "them of the same layers",
            numbers={"low": low, "high": high, "sets": len(sets)},
            beyond=beyond,
        ),
        warnings=warnings,
        view=Bars(
            title=f"Ablated ({args.method}): {_NAMES[args.measure]}",
            caption="First bar: the chosen components; the others and the band: random sets.",
            names=[_short(data.components), *(_short(r.components) for r in data.random_sets)],
            values=[data.effect, *(_effect(args.measure, plain, o) for o in others)],
            band=(low, high),
            unit="logits" if args.measure == "logit_difference" else "nats",
        ),
    )


def _parts(bench: Workbench, args: AblationArgs) -> list[Part]:
    model = bench.target
    layers = tuple(sorted(set(args.layers))) or tuple(range(model.n_layers))
    for layer in layers:
        check_number(layer, model.n_layers, "layer")
    found: list[Part] = []
    for name in args.components:
        if ":" not in name:
            found.append(component(model, name))
            continue
        vector = bench.get(name).float()
        if vector.shape != (model.d_model,):
            raise Refusal(
                "bad_args",
                f"{name} has shape {list(vector.shape)}, a direction of this model has "
                f"[{model.d_model}]",
                "make a direction with this model, for instance with concept_direction",
            )
        if not float(vector.norm()) > 0:
            raise Refusal("bad_args", f"{name} is zero or not finite", "make it again")
        found.append(Direction(name, vector, layers))
    return list({str(part): part for part in found}.values())


def _refuse_answers(args: AblationArgs) -> None:
    if args.answers or args.wrong or args.chat:
        raise Refusal("bad_args", "answers are given without prompts", "give prompts as well")


def _random_sets(
    bench: Workbench,
    args: AblationArgs,
    parts: list[Part],
    texts: list[list[int]],
    generator: torch.Generator,
) -> tuple[list[list[Part]], int]:
    """Random sets, and how many of them keep to the same layers."""
    chosen = [p for p in parts if isinstance(p, Component)]
    directions = [p for p in parts if isinstance(p, Direction)]
    sets: list[list[Part]] = []
    same = 0
    if chosen:
        found, same = matched_sets(bench.target, chosen, args.controls, generator)
        sets = [list(parts) for parts in found]
    if directions:
        layer = directions[0].layers[len(directions[0].layers) // 2]
        cloud = reference_values(bench.target, texts, {("stream", layer)})[("stream", layer)]
        drawn = [random_directions(d, cloud, args.controls, generator) for d in directions]
        rows = [list(row) for row in zip(*drawn, strict=True)]
        if not sets:
            return [list(row) for row in rows], len(rows)
        sets = [[*sets[i % len(sets)], *row] for i, row in enumerate(rows)]
        same = len(sets) if same == len(found) else 0
    return sets, same


def _effect(measure: Measure, plain: Effect, own: Effect) -> float:
    if measure == "loss":
        return own.loss - plain.loss
    return plain.difference - own.difference if measure == "logit_difference" else own.kl


def _data(
    args: AblationArgs,
    parts: list[Part],
    scored: int,
    plain: Effect,
    own: Effect,
    others: list[Effect],
    sets: list[list[Part]],
    same: int,
) -> AblationData:
    compared = bool(args.wrong)
    band = [_effect(args.measure, plain, other) for other in others]

    def difference(value: float) -> float | None:
        return value if compared else None

    return AblationData(
        components=[str(part) for part in parts],
        n_scored=scored,
        plain_loss=plain.loss,
        loss=own.loss,
        control_loss_low=min(o.loss for o in others),
        control_loss_high=max(o.loss for o in others),
        plain_logit_difference=difference(plain.difference),
        logit_difference=difference(own.difference),
        control_logit_difference_low=difference(min(o.difference for o in others)),
        control_logit_difference_high=difference(max(o.difference for o in others)),
        kl=own.kl,
        control_kl_high=max(o.kl for o in others),
        effect=_effect(args.measure, plain, own),
        control_effect_low=min(band),
        control_effect_high=max(band),
        n_same_layers=same,
        random_sets=[
            RandomSet(
                components=[str(part) for part in chosen],
                loss=other.loss,
                logit_difference=difference(other.difference),
                kl=other.kl,
            )
            for chosen, other in zip(sets, others, strict=True)
        ],
    )


def _short(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" + {len(names) - 3}" if len(names) > 3 else "")


def _sentence(data: AblationData, measure: Measure, beyond: bool) -> str:
    who = _short(data.components)
    if measure == "loss":
        told = (
            f"without {who} the loss goes from {data.plain_loss:.2f} to {data.loss:.2f} nats "
            f"(random sets: {data.control_loss_low:.2f} to {data.control_loss_high:.2f})"
        )
    elif measure == "kl":
        told = (
            f"without {who} predictions move by KL {data.kl:.3f} nats (random sets: at most "
            f"{data.control_kl_high:.3f})"
        )
    else:
        told = (
            f"without {who} the logit difference goes from {data.plain_logit_difference:.2f} to "
            f"{data.logit_difference:.2f} (random sets: {data.control_logit_difference_low:.2f} "
            f"to {data.control_logit_difference_high:.2f})"
        )
    return f"{told[0].upper()}{told[1:]}." if beyond else f"No effect beyond control: {told}."
