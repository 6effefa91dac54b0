"""Which layers carry the difference of target and base: components swapped between the two."""

from typing import Annotated, Literal

from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..behavior.default_prompts import GENERAL, PLAIN
from ..engine.batch import last_logits
from ..engine.components.names import Component, check_number
from ..engine.prompt_ids import prompt_ids
from ..model import Model
from ..spec import Args, Control, Data, Frozen, Refusal, WhiteBox, tool
from ..views import HeatMap
from ..workbench import Workbench
from .swap import Part, Replies, differing, outside_differs, swapped_replies

Measure = Literal["kl", "reply"]
_SHORT: dict[Part, str] = {"layer": "layer", "attention": "attn", "mlp": "mlp"}
Prompt = Annotated[str, Field(min_length=1, max_length=4000)]
_MOST_REPLY = 64  # tokens of the reply that are scored
_NOISE = 1e-3  # nats; less than this may be rounding


class LocaliseArgs(Args):
    """Prompts on which the models differ, unrelated ones, and what is swapped."""

    prompts: list[Prompt] = Field(
        default_factory=lambda: list(GENERAL[:4]),
        min_length=1,
        max_length=16,
        description="User messages on which target and base differ",
    )
    unrelated: list[Prompt] = Field(
        default_factory=lambda: list(PLAIN[:8]),
        min_length=1,
        max_length=16,
        description="Control: user messages that have nothing to do with `prompts`",
    )
    reply: str = Field(
        "", max_length=1000, description="Reply whose log probability is measured; empty: KL alone"
    )
    parts: list[Part] = Field(
        default_factory=lambda: ["layer"],  # type: ignore[arg-type]
        min_length=1,
        max_length=3,
        description="Swapped in each layer: the whole layer, its attention, its mlp (with norms)",
    )
    layers: list[int] = Field(default_factory=list, description="Layers to swap; none: all")
    chat: bool = Field(True, description="Wrap the prompts in the chat template")
    top: int = Field(10, ge=1, le=60, description="How many components are listed")


class Swap(Frozen):
    """What swapping one component does; nats, means over prompts."""

    component: str
    score: float = Field(
        description="Mean of removes and installs in the measure, with the gap's sign"
    )
    unrelated_score: float = Field(description="The same on the unrelated prompts")
    removes_kl: float = Field(
        ge=0, description="Base's component in the target: KL to the target that this opens"
    )
    installs_kl: float = Field(
        description="Target's component in the base: KL to the target that this closes"
    )
    removes_reply: float | None = Field(description="Likewise: log p of the reply that is lost")
    installs_reply: float | None = Field(description="Likewise: log p of the reply that is won")


class LocaliseData(Data):
    """Components by how much of the difference they carry."""

    measure: Measure
    gap_kl: float = Field(ge=0, description="KL(target ‖ base) at the first reply token, nats")
    gap_reply: float | None = Field(description="log p of the reply, target − base, nats")
    unrelated_gap: float = Field(description="The gap in the measure on the unrelated prompts")
    n_components: int = Field(ge=0, description="Components that were asked about")
    n_differ: int = Field(ge=0, description="Of them, with different weights; others score 0")
    best_component: str
    best_score: float
    control_best: float = Field(
        description="Largest score of any component on any single unrelated prompt"
    )
    components: list[Swap] = Field(description="Largest score first")


@tool(access="base")
def localise(bench: Workbench, args: LocaliseArgs) -> WhiteBox[LocaliseData]:
    """Find which layers carry the difference of target and base by swapping their components.

    Each is put from base into target (what does it remove?) and from target into base (what does
    it install?). Control: the same swaps on unrelated prompts, one at a time, best component chosen
    again; a general change moves those as well. Components with equal weights are exactly 0.

    Misleads:
        Where a difference is largest need not be where it is made, and unrelated parts
        differ as well.
    """
    target, base = bench.target, bench.base
    for layer in args.layers:
        check_number(layer, target.n_layers, "layer")
    layers = sorted(set(args.layers)) or list(range(target.n_layers))
    parts: list[Part] = list(dict.fromkeys(args.parts))
    every = [(part, layer) for part in parts for layer in layers]
    swaps = [(part, layer) for part in parts for layer in differing(target, base, part, layers)]
    sets = [_tokens(target, prompts, chat=args.chat) for prompts in (args.prompts, args.unrelated)]
    warnings = list(dict.fromkeys(w for _, warned in sets for w in warned))
    if outside_differs(target, base):
        warnings.append("Embedding, final norm or unembedding differ too; they are not swapped.")
    reply = _reply(target, args.reply)
    prompts = [ids for found, _ in sets for ids in found]
    reference = last_logits(target, prompts).log_softmax(-1)

    def swapped(number: int, receiver: Model, donor: Model) -> Replies:
        return swapped_replies(
            receiver,
            donor,
            prompts,
            reply,
            swaps,
            reference,
            charge=bench.meter.add,
            on_progress=lambda done, of: bench.progress(number * of + done, 2 * of, "swaps"),
        )

    removing, installing = swapped(0, target, base), swapped(1, base, target)
    measure: Measure = "reply" if reply else "kl"
    halves = [slice(0, len(args.prompts)), slice(len(args.prompts), None)]
    mine, others = (_Carried(removing, installing, half) for half in halves)
    table = _listed(every, swaps, mine, others, measure)
    best = table[0]
    # One prompt at a time: a general change would else exceed its own mean every other time.
    singles = [
        _Carried(removing, installing, slice(i, i + 1))
        for i in range(*halves[1].indices(len(prompts)))
    ]
    sign = mine.sign(measure)
    ceiling = max([0.0, *(float(v) for one in singles for v in one.score(measure, sign))])
    data = LocaliseData(
        measure=measure,
        gap_kl=mine.gap("kl"),
        gap_reply=mine.gap("reply") if reply else None,
        unrelated_gap=others.gap(measure),
        n_components=len(every),
        n_differ=len(swaps),
        best_component=best.component,
        best_score=best.score,
        control_best=ceiling,
        components=table[: args.top],
    )
    beyond = best.score > max(ceiling, _NOISE)
    return WhiteBox(
        summary=_sentence(data, beyond),
        data=data,
        control=Control(
            what=f"the same swaps on {len(args.unrelated)} unrelated prompt(s), one at a time, "
            "best component chosen again",
            numbers={"best": ceiling, "gap": data.unrelated_gap},
            beyond=beyond,
        ),
        warnings=warnings,
        view=_view(parts, layers, swaps, mine, others, measure),
    )


class _Carried:
    """What each swap carries on some of the prompts: means, nats.

    Attributes:
        removes: By measure, base's component in the target.
        installs: By measure, target's component in the base.
    """

    def __init__(self, removing: Replies, installing: Replies, part: slice) -> None:
        kl, back_kl = removing.kl[:, part].mean(1), installing.kl[:, part].mean(1)
        said, back_said = removing.reply[:, part].mean(1), installing.reply[:, part].mean(1)
        self._gaps = {"kl": float(back_kl[0]), "reply": float(said[0] - back_said[0])}
        self.removes: dict[str, Float[Tensor, "swap"]] = {
            "kl": kl[1:],
            "reply": said[0] - said[1:],
        }
        self.installs: dict[str, Float[Tensor, "swap"]] = {
            "kl": back_kl[0] - back_kl[1:],
            "reply": back_said[1:] - back_said[0],
        }

    def gap(self, measure: Measure) -> float:
        """The whole difference of target and base."""
        return self._gaps[measure]

    def sign(self, measure: Measure) -> float:
        """-1 where the target likes the reply less than the base."""
        return -1.0 if self.gap(measure) < 0 else 1.0

    def score(self, measure: Measure, sign: float) -> Float[Tensor, "swap"]:
        """Mean of both directions, times the sign of the gap."""
        return sign * (self.removes[measure] + self.installs[measure]) / 2


def _tokens(model: Model, prompts: list[str], *, chat: bool) -> tuple[list[list[int]], list[str]]:
    found = [prompt_ids(model, prompt, chat=chat) for prompt in prompts]
    return [ids for ids, _ in found], [w for _, warned in found for w in warned]


def _reply(model: Model, reply: str) -> list[int]:
    if not reply:
        return []
    ids = model.text_ids(reply, bos=False) if reply.strip() else []
    if not ids:
        raise Refusal("bad_args", "the reply is blank", "give its words, or leave it out")
    if len(ids) > _MOST_REPLY:
        raise Refusal(
            "bad_args",
            f"the reply has {len(ids)} tokens, at most {_MOST_REPLY} are scored",
            "give its beginning",
        )
    return ids


def _name(part: Part, layer: int) -> str:
    return str(Component(layer, part))


def _listed(
    every: list[tuple[Part, int]],
    swaps: list[tuple[Part, int]],
    mine: _Carried,
    others: _Carried,
    measure: Measure,
) -> list[Swap]:
    """Largest score first; what was not swapped, since its weights are equal, scores 0."""
    compared = measure == "reply"
    place = {swap: i for i, swap in enumerate(swaps)}
    sign = mine.sign(measure)
    own, beside = (carried.score(measure, sign).tolist() for carried in (mine, others))

    def figure(values: Float[Tensor, "swap"], swap: tuple[Part, int]) -> float:
        return float(values[place[swap]]) if swap in place else 0.0

    found = [
        Swap(
            component=_name(*swap),
            score=own[place[swap]] if swap in place else 0.0,
            unrelated_score=beside[place[swap]] if swap in place else 0.0,
            removes_kl=figure(mine.removes["kl"], swap),
            installs_kl=figure(mine.installs["kl"], swap),
            removes_reply=figure(mine.removes["reply"], swap) if compared else None,
            installs_reply=figure(mine.installs["reply"], swap) if compared else None,
        )
        for swap in every
    ]
    return sorted(found, key=lambda row: -row.score)


def _view(
    parts: list[Part],
    layers: list[int],
    swaps: list[tuple[Part, int]],
    mine: _Carried,
    others: _Carried,
    measure: Measure,
) -> HeatMap:
    place = {swap: i for i, swap in enumerate(swaps)}

    def grid(carried: _Carried) -> list[list[float | None]]:
        columns = [
            [float(values[place[(p, i)]]) if (p, i) in place else 0.0 for i in layers]
            for p in parts
            for values in (carried.removes[measure], carried.installs[measure])
        ]
        return [list(row) for row in zip(*columns, strict=True)]

    what = "log p of the reply" if measure == "reply" else "KL to the target"
    return HeatMap(
        title="What a swap between target and base carries",
        caption=f"{what}, nats. Removes: base's component in the target; installs: target's in the "
        "base. Control: unrelated prompts.",
        rows=[f"L{i}" for i in layers],
        columns=[f"{_SHORT[p]} {way}" for p in parts for way in ("removes", "installs")],
        values=grid(mine),
        control=grid(others),
        row_title="layer",
        column_title="swap",
        unit="nats",
        diverging=True,
    )


def _sentence(data: LocaliseData, beyond: bool) -> str:
    if not data.n_differ:
        return "No effect beyond control: target and base hold equal weights in all that was asked."
    gap = data.gap_reply if data.measure == "reply" else data.gap_kl
    what = "log p of the reply" if data.measure == "reply" else "KL at the first reply token"
    names = ", ".join(row.component for row in data.components[:3] if row.score > 0) or "none"
    told = (
        f"the difference ({what}: {gap:.2f} nats) is carried most by {names}; "
        f"{data.best_component} alone carries {data.best_score:.2f} (on any unrelated prompt: "
        f"at most {data.control_best:.2f})"
    )
    return f"{told[0].upper()}{told[1:]}." if beyond else f"No effect beyond control: {told}."
