"""Which features of an SAE a prompt switches on, and what the SAE is worth."""

import statistics
from dataclasses import replace
from pathlib import Path

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..bundled import cache_root
from ..engine.corpus import open_corpus
from ..engine.prompt_ids import prompt_ids
from ..engine.states import stream_after
from ..model import Model
from ..spec import Args, Control, Data, Frozen, Refusal, WhiteBox, tool
from ..views import Table
from ..workbench import Workbench
from .quality import Quality, judge
from .sae import SAE
from .shipped import open_sae

_RANDOM = 8
_LENGTH = 64


class SaeFeaturesArgs(Args):
    """Which prompt, which SAE (default: the one shipped for the bundled model)."""

    prompt: str = Field(
        "The capital of France is", max_length=8000, description="User message, or raw text"
    )
    chat: bool = Field(False, description="Wrap the prompt in the chat template")
    sae: str = Field("", description="SAELens folder with cfg.json and sae_weights.safetensors")
    base_model: str = Field("", max_length=200, description="Accept an SAE of this base model")
    top: int = Field(8, ge=1, le=32, description="Features shown")
    corpus: str = Field(
        "", description="Text file or folder to judge the SAE on (default: none trained on)"
    )
    windows: int = Field(24, ge=8, le=2000, description="Windows of 64 tokens to judge it on")


class Feature(Frozen):
    """One feature, where it is strongest in the prompt."""

    feature: int = Field(ge=0)
    value: float = Field(ge=0)
    at: str = Field(description="Token there")
    usual: float = Field(ge=0, description="Its 99th percentile over the corpus")
    frequency: float = Field(ge=0, le=1, description="Share of corpus tokens at which it is active")
    writes: list[str] = Field(description="Tokens that its direction raises most")
    base_value: float | None = Field(description="The same in the base, if there is one")


class SaeFeaturesData(Data):
    """The SAE's worth, and the prompt's features."""

    layer: int = Field(ge=-1)
    features: int = Field(ge=1)
    strength: float = Field(ge=0, description="Median value of the strongest features")
    strength_rotated: float = Field(ge=0, description="Largest of the random rotations")
    quality: Quality
    judged_on: str = Field(description="Text of these figures; the default is never trained on")
    top: list[Feature]
    changed: list[Feature] = Field(description="Largest differences of target and base")
    random: list[Feature] = Field(description="Features drawn at random, on the same prompt")


@tool(access="target", version=2)
def sae_features(bench: Workbench, args: SaeFeaturesArgs) -> WhiteBox[SaeFeaturesData]:
    """Show which features of a sparse autoencoder a prompt switches on, and the SAE's own worth.

    Loads SAELens folders; the base model is checked. Worth is the loss recovered, beside PCA of
    the same size and the mean; explained variance alone says little. With a base, features that
    differ are listed. Control: random rotations of all features, the strongest chosen again, and
    random features.

    Misleads:
        Features depend on the SAE's training and size; the SAE's error carries part of
        what the model does.
    """
    model = bench.target
    sae, warnings = open_sae(bench, args.sae, args.base_model)
    ids, told = prompt_ids(model, args.prompt, chat=args.chat)
    if len(ids) < 2:
        raise Refusal("bad_args", "the prompt has one token, and the first is left out", "add text")
    corpus = open_corpus(
        model,
        bench.readable(Path(args.corpus)) if args.corpus else None,
        windows=args.windows,
        length=_LENGTH,
        cache=cache_root().parent / "corpora",
        held_out=True,
    )
    tokens = torch.from_numpy(corpus.tokens[:].astype("int64"))
    if len(tokens) < 8:
        raise Refusal("bad_args", f"{corpus.name} is too short", "give at least 600 tokens")
    quality = judge(
        model,
        sae,
        tokens,
        on_progress=lambda done, total: bench.progress(done, total, "judging the SAE"),
    )
    own = prompt_features(model, sae, ids)
    base = prompt_features(bench.base, sae, ids) if bench.has_base else None
    prompt, stream = _streams(model, sae, torch.tensor([ids])), _streams(model, sae, tokens)
    value, usual, often = _values(sae, prompt, stream)
    place = own.argmax(0)

    def feature(index: int) -> Feature:
        return Feature(
            feature=index,
            value=float(value[index]),
            at=model.token_text(ids[int(place[index]) + 1]),
            usual=float(usual[index]),
            frequency=float(often[index]),
            writes=writes(model, sae.w_dec[index]),
            base_value=None if base is None else float(base[:, index].max()),
        )

    # By how far a feature is above its usual value: some are always on.
    order = (value / usual.clamp(min=float(usual.max()) * 1e-3)).masked_fill(value <= 0, -1)
    chosen = [i for i in order.topk(min(args.top, sae.size)).indices.tolist() if value[i] > 0]
    changed = []
    if base is not None:
        gap = (own - base).abs().amax(0)
        changed = [i for i in gap.topk(min(args.top, sae.size)).indices.tolist() if gap[i] > 0]
    generator = bench.generator("sae_features", args)
    drawn = torch.randperm(sae.size, generator=generator)[:_RANDOM].tolist()
    own_strength = _strength(value, args.top)
    rotated = []
    for _ in range(_RANDOM):
        turn = torch.linalg.qr(torch.randn(2 * sae.w_enc.shape[:1], generator=generator)).Q
        other = replace(sae, w_enc=turn @ sae.w_enc)
        rotated.append(_strength(other.encode(prompt).amax(0), args.top))
    data = SaeFeaturesData(
        layer=sae.layer,
        features=sae.size,
        strength=own_strength,
        strength_rotated=max(rotated),
        quality=quality,
        judged_on=corpus.name,
        top=[feature(i) for i in chosen],
        changed=[feature(i) for i in changed],
        random=[feature(i) for i in drawn],
    )
    held_out = not args.corpus and corpus.name != sae.facts.get("trained_on")
    beyond = own_strength > max(rotated)
    words = (
        f"The strongest features reach {own_strength:.3g} (at most {max(rotated):.3g} with "
        f"randomly rotated features, the strongest chosen again). SAE on "
        f"{'text not trained on' if held_out else corpus.name}: loss recovered "
        f"{quality.loss_recovered:.3f}, PCA of {quality.components}: "
        f"{quality.loss_recovered_pca:.3f}; dead {quality.dead_share:.0%}."
    )
    if quality.loss_recovered <= quality.loss_recovered_pca:
        warnings.append("PCA of the same size keeps the loss as well: do not build on this SAE.")
    if corpus.name == sae.facts.get("trained_on"):
        warnings.append(
            "The SAE was trained on this text: on other text its figures are lower; see --corpus."
        )
    if quality.loss_mean <= quality.loss:
        warnings.append("The mean in the stream's place costs nothing: no loss to recover.")
    return WhiteBox(
        summary=words if beyond else f"No effect beyond control: {words}",
        data=data,
        control=Control(
            what=f"{_RANDOM} random rotations of all features, strongest chosen again; random "
            "features on the same prompt; loss recovered by PCA",
            numbers={
                "strength_rotated_max": max(rotated),
                "strength_rotated_median": statistics.median(rotated),
                "largest_random": max(f.value for f in data.random),
                "loss_recovered_pca": quality.loss_recovered_pca,
            },
            beyond=beyond,
        ),
        warnings=[*warnings, *told],
        view=_picture(data),
    )


@torch.no_grad()
def prompt_features(model: Model, sae: SAE, ids: list[int]) -> Float[Tensor, "pos feature"]:
    """Activations at every position but the first."""
    stream = stream_after(model, torch.tensor([ids]), sae.layer)[0, 1:]
    return sae.encode(stream.float().cpu())


@torch.no_grad()
def writes(model: Model, direction: Float[Tensor, "d_model"], count: int = 5) -> list[str]:
    """Tokens whose logits a direction raises most, read straight through the unembedding."""
    logits = model.adapter.unembedding.float() @ direction.to(model.device)
    return [model.token_text(int(i)) for i in logits.topk(count).indices]


@torch.no_grad()
def _streams(model: Model, sae: SAE, tokens: Tensor) -> Float[Tensor, "token d_model"]:
    """The stream that the SAE reads, first positions left out."""
    parts = [stream_after(model, part, sae.layer)[:, 1:] for part in torch.split(tokens, 8)]
    return torch.cat([part.flatten(0, 1).float().cpu() for part in parts])


@torch.no_grad()
def _values(
    sae: SAE, prompt: Float[Tensor, "pos d_model"], corpus: Float[Tensor, "token d_model"]
) -> tuple[Float[Tensor, "feature"], Float[Tensor, "feature"], Float[Tensor, "feature"]]:
    """Largest value in the prompt, 99th percentile and frequency in the corpus."""
    acts = torch.cat([sae.encode(part) for part in corpus.split(2048)])
    rank = max(1, len(acts) // 100)
    usual = acts.topk(rank, 0).values[-1]
    return sae.encode(prompt).amax(0), usual, (acts > 0).float().mean(0)


def _strength(value: Float[Tensor, "feature"], top: int) -> float:
    """Median over the largest."""
    return float(value.topk(min(top, len(value))).values.median())


def _picture(data: SaeFeaturesData) -> Table:
    def row(f: Feature) -> list[str | float | int | None]:
        cells: list[str | float | int | None] = [
            f.feature,
            f.value,
            f.usual,
            f.at,
            " ".join(w.strip() for w in f.writes),
        ]
        return cells if f.base_value is None else [*cells, f.base_value]

    columns = ["feature", "value", "usual", "at", "writes"]
    if data.random[0].base_value is not None:
        columns.append("base")
    return Table(
        title=f"Features of layer {data.layer} that the prompt switches on",
        caption="usual: 99th percentile in the corpus. Control: random features.",
        columns=columns,
        rows=[row(f) for f in [*data.top, *data.changed]],
        control_rows=[row(f) for f in data.random],
    )
