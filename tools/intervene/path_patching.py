"""Path patching: what a head or an MLP tells another head, or the logits, directly."""

import re
from typing import Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..engine.causal.patch import own_value, patch_cells, run_of
from ..engine.causal.paths import Receiver, Sender, patch_paths
from ..engine.causal.readout import Metric, readout
from ..model import Model
from ..spec import Control, Data, Frozen, Refusal, WhiteBox, tool
from ..views import Bars
from ..workbench import Workbench
from .pair import Pair, unrelated_pairs
from .prompts import PromptArgs, check_scale, given_pairs

_NAME = re.compile(r"L(\d+)H(\d+)\.([qkv])")


class PathPatchingArgs(PromptArgs):
    """Prompts, senders and receivers."""

    receivers: list[str] = Field(
        default_factory=list,
        max_length=64,
        description='Heads\' inputs such as "L1H3.q" (q, k or v), all at once; none: the logits',
    )
    senders: Literal["heads", "mlps", "both"] = Field(
        "both", description="What sends, one at a time: everything below the last receiver"
    )
    metric: Metric = Field("logit_difference", description="What is read at the last position")
    controls: int = Field(8, ge=1, le=16, description="Unrelated pairs; each costs a whole sweep")


class PathEffect(Frozen):
    """One sender; effects are shares of the difference."""

    sender: str
    direct: float = Field(description="Its change reaches the receivers alone")
    total: float = Field(description="Its change reaches everything above it")


class PathPatchingData(Data):
    """What each sender moves on the direct path to the receivers, and in all."""

    pairs: int = Field(ge=1)
    receivers: list[str]
    senders: int = Field(ge=1)
    clean_difference: float
    corrupted_difference: float
    best_effect: float = Field(description="Largest |direct effect|")
    control_best_effect: float = Field(description="Largest |direct effect| in an unrelated pair")
    top: list[PathEffect]


@tool(access="target")
def path_patching(bench: Workbench, args: PathPatchingArgs) -> WhiteBox[PathPatchingData]:
    """Exchange one sender's output, seen by the receivers alone: its direct effect.

    Every block between sender and receiver keeps its own output; what follows the receivers is
    computed anew. The total effect, in which everything above the sender sees the change, stands
    beside it. Control: the same paths on unrelated pairs, the best sender chosen again.

    Misleads:
        A path that matters for one pair of prompts may not for another; what flows along
        paths that were not tried is not seen.
    """
    model, generator = bench.target, bench.generator("path_patching", args)
    receivers = [_receiver(model, name) for name in args.receivers]
    top_layer = max((r.layer for r in receivers), default=model.n_layers)
    senders = [
        Sender(layer, head)
        for layer in range(top_layer)
        for head in [*(range(model.n_heads) if args.senders != "mlps" else ()),
                     *((None,) if args.senders != "heads" else ())]
    ]  # fmt: skip
    if not senders:
        raise Refusal("bad_args", "nothing stands below layer 0", 'correct: receivers=["L1H3.q"]')
    pairs, warnings = given_pairs(bench, args, generator)
    wanted = -(-args.controls // len(pairs))
    drawn = [unrelated_pairs(model, pair, wanted, generator) for pair in pairs]
    controls = [p for turn in zip(*drawn, strict=False) for p in turn][: args.controls]
    total_runs = len(pairs) + len(controls)

    def run(number: int, pair: Pair) -> tuple[float, float, Tensor, Tensor | None]:
        home = pairs[number % len(pairs)]
        bench.progress(number, total_runs, "patching paths")
        return _effects(bench, args, pair, home, senders, receivers, total=number < len(pairs))

    each = [run(i, pair) for i, pair in enumerate(pairs)]
    clean = sum(e[0] for e in each) / len(each)
    corrupted = sum(e[1] for e in each) / len(each)
    scale = check_scale(clean, corrupted)
    direct = torch.stack([e[2] for e in each]).mean(0) / scale
    total = torch.stack([e[3] for e in each if e[3] is not None]).mean(0) / scale
    beside = [run(len(pairs) + i, pair)[2] / scale for i, pair in enumerate(controls)]
    ceiling = max(float(b.abs().max()) for b in beside)
    order = direct.abs().argsort(descending=True)[:12].tolist()
    data = PathPatchingData(
        pairs=len(pairs),
        receivers=args.receivers or ["logits"],
        senders=len(senders),
        clean_difference=clean,
        corrupted_difference=corrupted,
        best_effect=float(direct.abs().max()),
        control_best_effect=ceiling,
        top=[
            PathEffect(sender=str(senders[i]), direct=float(direct[i]), total=float(total[i]))
            for i in order
        ],
    )
    beyond = data.best_effect > ceiling
    best = data.top[0]
    seen = (
        f"{best.sender} moves {best.direct:.0%} of the difference directly through "
        f"{', '.join(data.receivers)}, {best.total:.0%} in all (unrelated prompts: at most "
        f"{ceiling:.0%} directly)"
    )
    return WhiteBox(
        summary=f"{'' if beyond else 'No effect beyond control: '}{seen}.",
        data=data,
        control=Control(
            what=f"the same paths on {len(controls)} unrelated pairs of prompts, best sender "
            "chosen again, in units of this difference; total effects beside direct ones",
            numbers={"pairs": len(controls), "best_effect": ceiling},
            beyond=beyond,
        ),
        warnings=warnings,
        view=Bars(
            title=f"Direct paths to {', '.join(data.receivers)}, {args.direction}",
            caption="Share of the difference; control: mean over unrelated pairs.",
            names=[p.sender for p in data.top],
            values=[p.direct for p in data.top],
            control=torch.stack(beside).mean(0)[order].tolist(),
            band=(-ceiling, ceiling),
            unit="share of the difference",
        ),
    )


def _receiver(model: Model, name: str) -> Receiver:
    found = _NAME.fullmatch(name)
    if found is None:
        raise Refusal("bad_args", f"{name!r} is no receiver", 'correct: "L1H3.q", or k or v')
    layer, head = int(found[1]), int(found[2])
    if layer >= model.n_layers or head >= model.n_heads:
        raise Refusal(
            "bad_args",
            f"{name} is out of range",
            f"layers run to {model.n_layers - 1}, heads to {model.n_heads - 1}",
        )
    return Receiver(layer, head, found[3])  # type: ignore[arg-type]


def _effects(
    bench: Workbench,
    args: PathPatchingArgs,
    pair: Pair,
    home: Pair,
    senders: list[Sender],
    receivers: list[Receiver],
    *,
    total: bool,
) -> tuple[float, float, Float[Tensor, "sender"], Float[Tensor, "sender"] | None]:
    """The metric after both prompts; direct and, where asked for, total effects, towards clean."""
    model, charge = bench.target, bench.meter.add
    clean, corrupted = run_of(model, pair.clean), run_of(model, pair.corrupted)
    logits = clean.logits if pair is home else run_of(model, home.clean).logits
    read = readout(args.metric, home.answer, home.wrong, logits)
    there, here = (clean, corrupted) if args.direction == "denoising" else (corrupted, clean)
    own = own_value(model, here, read)
    sign = 1.0 if args.direction == "denoising" else -1.0
    direct = patch_paths(
        model, there, here, senders=senders, receivers=receivers, readout=read, charge=charge
    )
    whole = torch.empty(len(senders))
    if total:
        for heads in (True, False):
            places = [i for i, s in enumerate(senders) if (s.head is not None) == heads]
            whole[places] = patch_cells(
                model, there, here, site="z" if heads else "mlp_out",
                cells=[(senders[i].layer, -1, senders[i].head or 0) for i in places],
                readout=read, charge=charge,
            )  # fmt: skip
    ends = own_value(model, clean, read), own_value(model, corrupted, read)
    return *ends, sign * (direct - own), sign * (whole - own) if total else None
