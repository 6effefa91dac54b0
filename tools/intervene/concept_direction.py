"""Find a direction behind a behaviour, then take it away and put it in."""

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..engine.edits import Edit, ablated, added, edited_logits, unit
from ..engine.prompt_ids import prompt_ids
from ..engine.states import check_layer, pooled_states
from ..fit.held_out import auroc
from ..model import Model
from ..spec import Args, Control, Data, Refusal, WhiteBox, tool
from ..views import Bars
from ..workbench import Workbench
from .refusal_prompts import HARMFUL, HARMLESS, REFUSALS

_RARE = 0.2  # below this share of prompts a behaviour is not there to be explained


class ConceptDirectionArgs(Args):
    """Which prompts show the behaviour, and how it begins. Without prompts: refusal."""

    positive: list[str] = Field(
        default_factory=list, max_length=200, description="Prompts that call the behaviour up"
    )
    negative: list[str] = Field(
        default_factory=list, max_length=200, description="Prompts that do not, alike else"
    )
    replies: list[str] = Field(
        default_factory=list, max_length=40, description="How replies that show it begin"
    )
    layers: list[int] = Field(
        default_factory=list,
        max_length=12,
        description="Layers tried (default: four in the middle)",
    )
    draws: int = Field(8, ge=8, le=32, description="Random directions, with the layer chosen again")
    chat: bool = Field(True, description="Wrap prompts in the chat template")


class ConceptDirectionData(Data):
    """Figures on the prompts that did not choose the layer. Scores are log odds in nats."""

    layer: int = Field(ge=-1, description="Layer that the other half of the prompts chose")
    rate_positive: float = Field(ge=0, le=1, description="Share whose likeliest token begins it")
    rate_negative: float = Field(ge=0, le=1)
    rate_ablated: float = Field(ge=0, le=1, description="On positive prompts, direction taken away")
    rate_added: float = Field(ge=0, le=1, description="On negative prompts, direction put in")
    gap: float = Field(description="Log odds of the behaviour, positive minus negative prompts")
    ablation_drop: float = Field(description="Fall of the log odds on positive prompts")
    ablation_drop_random: float = Field(description="Largest of the random directions")
    addition_rise: float = Field(description="Rise of the log odds on negative prompts")
    addition_rise_random: float = Field(description="Largest of the random directions")
    readable: float = Field(ge=0, le=1, description="AUROC of the projection on held-out prompts")
    nothing_to_explain: bool = Field(description="The model hardly shows the behaviour at all")


@tool(access="target")
def concept_direction(
    bench: Workbench, args: ConceptDirectionArgs
) -> WhiteBox[ConceptDirectionData]:
    """Find the direction that separates two kinds of prompts; ablate it, add it, see what follows.

    The behaviour is the beginning of the reply, such as a refusal. Half of the prompts choose the
    layer, the other half give the figures. Readable does not mean used: only ablation and addition
    show use. Keeps the direction (`dir:N`). Control: random directions, layer chosen again.

    Misleads:
        Several directions may do as well, and ablation at all layers may harm more than
        the concept.
    """
    setup = _Setup(bench, args)
    base = setup.scores([])
    plain = setup.rates
    layers = setup.layers
    generator = bench.generator("concept_direction", args)
    candidates = setup.vectors  # [layer, d_model]
    noise = torch.randn(args.draws, *candidates.shape, generator=generator)
    noise = noise / noise.norm(dim=-1, keepdim=True) * candidates.norm(dim=-1, keepdim=True)
    every = torch.cat([candidates[None], noise])  # [draw, layer, d_model]
    drop = torch.empty(len(every), len(layers), 2)  # chosen on, judged on
    rise = torch.empty(len(every), len(layers), 2)
    rates = {}
    for draw, of_layers in enumerate(every):
        for column, layer in enumerate(layers):
            found = setup.scores(setup.both(of_layers[column], layer))
            for half in (0, 1):
                drop[draw, column, half] = setup.mean(base - found, positive=True, half=half)
                rise[draw, column, half] = setup.mean(found - base, positive=False, half=half)
            if draw == 0:
                rates[column] = setup.rates
            bench.progress(draw * len(layers) + column + 1, len(every) * len(layers), "directions")
    chosen = (drop + rise)[..., 0].argmax(1)
    rows = torch.arange(len(every))
    drops, rises = drop[rows, chosen, 1], rise[rows, chosen, 1]
    best = int(chosen[0])
    value = ConceptDirectionData(
        layer=layers[best],
        rate_positive=plain[0],
        rate_negative=plain[1],
        rate_ablated=rates[best][0],
        rate_added=rates[best][1],
        gap=setup.mean(base, positive=True, half=1) - setup.mean(base, positive=False, half=1),
        ablation_drop=float(drops[0]),
        ablation_drop_random=float(drops[1:].max()),
        addition_rise=float(rises[0]),
        addition_rise_random=float(rises[1:].max()),
        readable=setup.readable(best),
        nothing_to_explain=plain[0] < _RARE,
    )
    beyond = (
        value.ablation_drop > value.ablation_drop_random
        and value.addition_rise > value.addition_rise_random
    )
    return WhiteBox(
        summary=_summary(value, beyond),
        data=value,
        control=Control(
            what=f"{args.draws} random directions of the same length, with the layer chosen again",
            numbers={
                "ablation_drop_max": value.ablation_drop_random,
                "addition_rise_max": value.addition_rise_random,
                "rate_negative": value.rate_negative,
            },
            beyond=beyond,
        ),
        handles=[bench.put("dir", candidates[best])],
        warnings=setup.warnings,
        view=Bars(
            title=f"What the direction of layer {value.layer} does to the log odds",
            caption="Held-out prompts. Control: the largest of the random directions.",
            names=["ablated: fall", "added: rise"],
            values=[value.ablation_drop, value.addition_rise],
            control=[value.ablation_drop_random, value.addition_rise_random],
            unit="nats",
        ),
    )


class _Setup:
    """Prompts, halves, candidate directions, and one pass over all prompts."""

    def __init__(self, bench: Workbench, args: ConceptDirectionArgs) -> None:
        model = bench.target
        given = [args.positive, args.negative, args.replies]
        if any(given) and not all(given):
            raise Refusal(
                "bad_args",
                "positive, negative and replies belong together",
                'for instance replies=["I cannot", "Sorry"]; none at all for refusal',
            )
        positive, negative = args.positive or HARMFUL, args.negative or HARMLESS
        if min(len(positive), len(negative)) < 4:
            raise Refusal("bad_args", "fewer than 4 prompts of a kind", "give at least 4 of each")
        self.model: Model = model
        self.warnings: list[str] = []
        self.prompts = []
        for text in [*positive, *negative]:
            ids, told = prompt_ids(model, text, chat=args.chat)
            self.prompts.append(ids)
            self.warnings += [w for w in told if w not in self.warnings]
        count = torch.arange(len(self.prompts))
        self.positive = count < len(positive)
        self.half = count % 2  # even: chooses the layer; odd: judges
        self.start = sorted(
            {
                ids[0]
                for text in args.replies or REFUSALS
                if (ids := model.text_ids(text, bos=False))
            }
        )
        n = model.n_layers
        self.layers = args.layers or sorted({n * i // 10 for i in (3, 4, 5, 6)})
        for layer in self.layers:
            check_layer(model, layer)
        self.states = pooled_states(model, self.prompts, where="last", layers=self.layers)
        first = self.half == 0
        self.vectors: Float[Tensor, "layer d_model"] = self.states[:, first & self.positive].mean(
            1
        ) - self.states[:, first & ~self.positive].mean(1)
        if not bool((self.vectors.norm(dim=-1) > 0).all()):
            raise Refusal("numerical", "both kinds have the same mean", "give other prompts")
        self.rates = (0.0, 0.0)

    def both(self, vector: Float[Tensor, "d_model"], layer: int) -> list[Edit]:
        """Ablated everywhere on positive prompts; added at its layer on negative ones."""
        lengths = [len(p) for p in self.prompts]
        away = torch.where(self.positive[:, None], unit(vector), 0.0)
        put = torch.where(self.positive[:, None], 0.0, vector)
        everywhere = list(range(-1, self.model.n_layers))
        alike = self.positive.int().tolist()
        return [
            Edit(everywhere, ablated(away), lengths, alike=alike),
            Edit([layer], added(put), lengths, alike=alike),
        ]

    def scores(self, edits: list[Edit]) -> Float[Tensor, "prompt"]:
        """Log odds that the reply begins with the behaviour; `rates` are those of half 1."""
        logp = edited_logits(self.model, self.prompts, edits)
        inside = logp[:, self.start].logsumexp(-1)
        hit = torch.isin(logp.argmax(-1), torch.tensor(self.start)).float()
        judged = self.half == 1
        self.rates = (
            float(hit[judged & self.positive].mean()),
            float(hit[judged & ~self.positive].mean()),
        )
        return inside - torch.log1p(-inside.exp().clamp(max=1 - 1e-6))

    def mean(self, values: Float[Tensor, "prompt"], *, positive: bool, half: int) -> float:
        """Mean over one kind of prompts of one half."""
        side = self.positive if positive else ~self.positive
        return float(values[side & (self.half == half)].mean())

    def readable(self, column: int) -> float:
        """AUROC of the projection on the half that judges."""
        judged = self.half == 1
        projection = self.states[column, judged] @ self.vectors[column]
        labels = self.positive[judged].float()
        return float(auroc(projection[:, None], labels[:, None]))


def _summary(value: ConceptDirectionData, beyond: bool) -> str:
    words = (
        f"Layer {value.layer}, held-out prompts: taken away, the log odds fall by "
        f"{value.ablation_drop:.2f} nats (random: at most {value.ablation_drop_random:.2f}); put "
        f"in, they rise by {value.addition_rise:.2f} (at most {value.addition_rise_random:.2f}). "
        f"Readable at AUROC {value.readable:.2f}."
    )
    if value.nothing_to_explain:
        return (
            f"Nothing to explain here: the model shows the behaviour on {value.rate_positive:.0%} "
            f"of the prompts that call for it. {words}"
        )
    return words if beyond else f"No effect beyond control: {words}"
