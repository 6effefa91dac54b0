"""Steer with a feature of an SAE, or take it away, beside random features."""

from typing import Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..engine.edits import Change, Edit, added, edited_logits, unit
from ..engine.prompt_ids import prompt_ids
from ..engine.states import pooled_states
from ..spec import Args, Control, Data, Frozen, Refusal, WhiteBox, tool
from ..views import Bars
from ..workbench import Workbench
from .sae import SAE
from .sae_features import prompt_features, writes
from .shipped import open_sae


class SaeInterveneArgs(Args):
    """Which feature, on which prompt."""

    prompt: str = Field(
        "The capital of France is", max_length=8000, description="User message, or raw text"
    )
    feature: int | None = Field(
        None, ge=0, description="Feature (default: the strongest at the prompt's last token)"
    )
    mode: Literal["ablate", "steer"] = Field("ablate", description="Take it away, or add it")
    coefficient: float = Field(
        0.5, ge=-10, le=10, description="When steering: length added, as a share of the stream's"
    )
    chat: bool = Field(False, description="Wrap the prompt in the chat template")
    sae: str = Field("", description="SAELens folder with cfg.json and sae_weights.safetensors")
    base_model: str = Field("", max_length=200, description="Accept an SAE of this base model")
    draws: int = Field(8, ge=8, le=64, description="Random features of the band")


class Moved(Frozen):
    """A token whose probability changed most."""

    token: str
    p: float = Field(ge=0, le=1)
    p_before: float = Field(ge=0, le=1)


class SaeInterveneData(Data):
    """What the change did to the next token."""

    feature: int = Field(ge=0)
    layer: int = Field(ge=-1)
    mode: str
    value: float = Field(ge=0, description="The feature's largest value in the prompt")
    kl: float = Field(ge=0, description="KL (nats) from the unchanged next-token distribution")
    kl_random: list[float] = Field(description="The same for each random feature")
    moved: list[Moved]
    writes: list[str] = Field(description="Tokens that its direction raises most")


@tool(access="target")
def sae_intervene(bench: Workbench, args: SaeInterveneArgs) -> WhiteBox[SaeInterveneData]:
    """Ablate a feature of a sparse autoencoder (SAE), or steer with it, and read the next token.

    Ablation takes away what the feature adds at each position, the SAE's error stays. Control:
    random features; for ablation those that are active in the prompt as well.

    Misleads:
        Features overlap, so that ablating one leaves its neighbours; strong steering
        leaves what the model knows.
    """
    model = bench.target
    sae, warnings = open_sae(bench, args.sae, args.base_model)
    ids, told = prompt_ids(model, args.prompt, chat=args.chat)
    if len(ids) < 2:
        raise Refusal("bad_args", "the prompt has one token, and the first is left out", "add text")
    acts = prompt_features(model, sae, ids)
    feature = int(acts[-1].argmax()) if args.feature is None else args.feature
    if feature >= sae.size:
        raise Refusal("bad_args", f"the SAE has {sae.size} features", "count from 0")
    value = float(acts[:, feature].max())
    pool = torch.arange(sae.size)
    if args.mode == "ablate":
        if value <= 0:
            active = acts.amax(0).topk(min(5, sae.size)).indices.tolist()
            raise Refusal(
                "bad_args",
                f"feature {feature} is not active in this prompt: nothing to take away",
                f"active ones: {', '.join(map(str, active))}; or mode=steer",
            )
        pool = (acts.amax(0) > 0).nonzero()[:, 0]
    pool = pool[pool != feature]
    order = torch.randperm(len(pool), generator=bench.generator("sae_intervene", args))
    drawn = pool[order[: args.draws]]
    if len(drawn) < args.draws:
        warnings.append(f"Only {len(drawn)} other features are active: the band is narrow.")
    chosen = torch.cat([torch.tensor([feature]), drawn])
    change = _change(bench, sae, chosen, ids, args)
    rows = [ids] * len(chosen)
    logp = edited_logits(model, rows, Edit([sae.layer], change, [len(ids)] * len(chosen)))
    nothing = Edit([sae.layer], lambda stream, _: stream, [len(ids)])
    plain = edited_logits(model, [ids], nothing)[0]
    kl = (plain.exp() * (plain - logp)).sum(-1).clamp(min=0)
    before, after = plain.exp(), logp[0].exp()
    order = (after - before).abs().topk(6).indices
    ceiling = float(kl[1:].max()) if len(kl) > 1 else 0.0
    beyond = float(kl[0]) > max(ceiling, 1e-6)
    done = "ablation" if args.mode == "ablate" else "steering"
    words = (
        f"Feature {feature} at layer {sae.layer}: {done} moves the next-token distribution "
        f"by {float(kl[0]):.3g} nats (random features: at most {ceiling:.3g}). Most moved: "
        f"{model.token_text(int(order[0]))!r}, "
        f"{float(before[order[0]]):.2f} to {float(after[order[0]]):.2f}."
    )
    return WhiteBox(
        summary=words if beyond else f"No effect beyond control: {words}",
        data=SaeInterveneData(
            feature=feature,
            layer=sae.layer,
            mode=args.mode,
            value=value,
            kl=float(kl[0]),
            kl_random=kl[1:].tolist(),
            moved=[
                Moved(
                    token=model.token_text(int(i)),
                    p=min(1.0, float(after[i])),
                    p_before=min(1.0, float(before[i])),
                )
                for i in order
            ],
            writes=writes(model, sae.w_dec[feature]),
        ),
        control=Control(
            what=f"{len(drawn)} random features"
            + (" that are active in the prompt" if args.mode == "ablate" else "")
            + ", changed alike",
            numbers={"kl_max": ceiling, "kl_median": float(kl[1:].median()) if len(kl) > 1 else 0},
            beyond=beyond,
        ),
        warnings=[*warnings, *told],
        view=Bars(
            title=f"KL after {args.mode} of each feature, layer {sae.layer}",
            caption="The first is the feature; the band is that of random features.",
            names=[str(int(i)) for i in chosen],
            values=kl.tolist(),
            band=(float(kl[1:].min()), ceiling) if len(kl) > 1 else None,
            unit="nats",
        ),
    )


def _change(
    bench: Workbench,
    sae: SAE,
    chosen: Tensor,
    ids: list[int],
    args: SaeInterveneArgs,
) -> Change:
    """The same change for each feature, a row each."""
    directions: Float[Tensor, "row d_model"] = sae.w_dec[chosen]
    if args.mode == "steer":
        length = float(pooled_states(bench.target, [ids], where="mean", layers=[sae.layer]).norm())
        return added(torch.stack([unit(d) for d in directions]) * args.coefficient * length)

    def take_away(stream: Tensor, rows: Tensor) -> Tensor:
        acts = sae.encode(stream.float().cpu())
        own = acts.gather(-1, chosen[rows.cpu()][:, None, None].expand(*acts.shape[:2], 1))
        return stream - (own * directions[rows.cpu()][:, None]).to(stream)

    return take_away
