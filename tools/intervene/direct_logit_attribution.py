"""Which component writes the answer: a logit difference as a sum over what each one adds."""

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from ..engine.final_norm import FrozenNorm, freeze
from ..engine.prompt_ids import prompt_ids
from ..engine.recording import Recording, record
from ..engine.residual import hooked
from ..engine.vocabulary import matched_words
from ..model import Model
from ..spec import Args, Control, Data, Frozen, Refusal, WhiteBox, tool
from ..views import Bars
from ..workbench import Workbench
from .pair import answer_tokens

DRAWS = 32
_TOLERANCE = 1e-3
_FLOOR = 0.1  # of the parts' root mean square: a part that never varies has no z of its own


class DirectLogitAttributionArgs(Args):
    """A prompt, an answer, and what it is compared with."""

    prompt: str = Field(
        "The capital of France is the city of", max_length=4000, description="Text or user message"
    )
    answer: str = Field(
        "", description="What follows, with its leading space; empty: the likeliest token"
    )
    wrong: str = Field("", description="What it is compared with; empty: the next likeliest token")
    chat: bool = Field(False, description="Wrap the prompt in the chat template")
    prefill: str = Field("", max_length=2000, description="Start of the reply, or more raw text")
    heads: bool = Field(False, description="Split each attention layer into its heads")
    top: int = Field(20, ge=1, le=100, description="How many components are listed")


class Contribution(Frozen):
    """What one component adds to logit(answer) − logit(wrong)."""

    component: str
    value: float = Field(description="logits")
    z: float = Field(description="Standard deviations from its mean over random answer pairs")
    control_low: float = Field(description="Lowest over random answer pairs")
    control_high: float = Field(description="Highest over random answer pairs")


class DirectLogitAttributionData(Data):
    """A logit difference and its parts, in logits."""

    answer_token: str
    wrong_token: str
    logit_difference: float = Field(description="logit(answer) − logit(wrong), before a soft-cap")
    sum_error: float = Field(ge=0, description="|sum of all parts − that difference|")
    relative_error: float = Field(ge=0, description="sum_error over the largest part or the total")
    embedding: float
    attention: float = Field(description="All attention layers together")
    mlp: float = Field(description="All MLPs together")
    biases: float = Field(description="Biases of final norm and unembedding (and, by heads, of O)")
    top_component: str = Field(description="The one that stands out most, by |z|")
    top_value: float = Field(description="What it adds, in logits")
    top_z: float = Field(ge=0, description="Its |z|")
    control_top_z: float = Field(
        ge=0, description="Largest |z| of any component in any random pair, against the others"
    )
    n_components: int = Field(ge=1)
    components: list[Contribution] = Field(description="Largest |value| first")


@tool(access="target")
def direct_logit_attribution(
    bench: Workbench, args: DirectLogitAttributionArgs
) -> WhiteBox[DirectLogitAttributionData]:
    """Split a logit difference at the last position into what each component writes directly.

    Embedding, attention layers (or heads), MLPs and biases go through the frozen final norm; they
    sum to the difference, else the call is refused. Says nothing about indirect effects. Control:
    random answer pairs of like frequency.

    Misleads:
        What a component writes directly may be undone later; a component that acts
        through others gets nothing.
    """
    model = bench.target
    ids, warnings = prompt_ids(model, args.prompt, chat=args.chat, prefill=args.prefill)
    ids, answer, wrong = _answers(model, ids, args)
    if model.adapter.softcap is not None:
        warnings.append("Logits are taken before the soft-cap, where they add up.")
    run, inputs = _record(model, ids, heads=args.heads)
    final = run.resid_pre[-1][-1]
    norm = freeze(model, final)
    names, parts = components(model, run, inputs if args.heads else None)
    generator = bench.generator("direct_logit_attribution", args)
    pairs = [(answer, wrong), *_random_pairs(model, answer, wrong, generator)]
    table = torch.stack([attribute(model, norm, parts, *pair) for pair in pairs])
    normed = model.adapter.final_norm(final[None])[0].float()
    truth = [float(_difference(model, normed, *pair)) for pair in pairs]
    names = [*names, "biases"]
    error = abs(float(table[0].sum()) - truth[0])
    relative = error / max(abs(truth[0]), float(table[0].abs().max()), 1e-6)
    if relative > _TOLERANCE:
        raise Refusal(
            "numerical",
            f"the parts sum to {float(table[0].sum()):.4g}, the logits differ by {truth[0]:.4g}",
            "load the model in float32",
        )
    mine, others = table[0], table[1:]
    z = stand_out(mine, others)
    rest = [
        stand_out(row, torch.cat([others[:i], others[i + 1 :]])) for i, row in enumerate(others)
    ]
    tops = torch.stack(rest).abs().amax(-1)
    ceiling = float(tops.max())
    top = int(z.abs().argmax())
    beyond = float(z[top].abs()) > ceiling
    order = mine.abs().argsort(descending=True, stable=True).tolist()
    listed = [
        Contribution(
            component=names[i],
            value=float(mine[i]),
            z=float(z[i]),
            control_low=float(others[:, i].min()),
            control_high=float(others[:, i].max()),
        )
        for i in order[: args.top]
    ]
    told = (
        f"{names[top]} adds {float(mine[top]):+.2f} of the {truth[0]:+.2f} by which "
        f"{model.token_text(answer)!r} exceeds {model.token_text(wrong)!r} (|z| "
        f"{float(z[top].abs()):.1f}; random answers: at most {ceiling:.1f})"
    )
    return WhiteBox(
        summary=f"{told}." if beyond else f"No effect beyond control: {told}.",
        data=DirectLogitAttributionData(
            answer_token=model.token_text(answer),
            wrong_token=model.token_text(wrong),
            logit_difference=truth[0],
            sum_error=error,
            relative_error=relative,
            embedding=_total(names, mine, "embedding"),
            attention=_total(names, mine, "attention", "head"),
            mlp=_total(names, mine, "mlp"),
            biases=_total(names, mine, "biases", "output"),
            top_component=names[top],
            top_value=float(mine[top]),
            top_z=float(z[top].abs()),
            control_top_z=ceiling,
            n_components=len(names),
            components=listed,
        ),
        control=Control(
            what=f"the same attribution for {len(others)} random answer pairs of like frequency, "
            "each set against the rest, the component that stands out most chosen again",
            numbers={
                "pairs": len(others),
                "top_z": ceiling,
                "median_top_z": float(tops.median()),
                "largest_value": float(others.abs().max()),
            },
            beyond=beyond,
        ),
        warnings=warnings,
        view=Bars(
            title=f"What writes {model.token_text(answer)!r} rather than "
            f"{model.token_text(wrong)!r}",
            caption="Band and diamonds: random answer pairs, extremes and median.",
            names=[c.component for c in listed],
            values=[c.value for c in listed],
            control=[float(others[:, i].median()) for i in order[: args.top]],
            band=(float(others.min()), float(others.max())),
            unit="logits",
        ),
    )


def components(
    model: Model, run: Recording, inputs: list[Float[Tensor, "d_heads"]] | None
) -> tuple[list[str], Float[Tensor, "component d_model"]]:
    """Names and vectors whose sum is the final residual stream at the last position.

    Args:
        model: The model.
        run: A recording of the prompt.
        inputs: What each layer's output projection reads at the last position, to split attention
            into heads and its bias; None for whole layers.
    """
    names, rows = ["embedding"], [run.resid_pre[0][-1]]
    for layer in range(model.n_layers):
        if inputs is None:
            names.append(f"L{layer} attention")
            rows.append(run.attn_out[layer][-1])
        else:
            split, bias = _heads(model, layer, inputs[layer])
            names += [f"L{layer} head {h}" for h in range(len(split))]
            rows += list(split)
            if bias is not None:
                names.append(f"L{layer} output bias")
                rows.append(bias)
        names.append(f"L{layer} mlp")
        rows.append(run.mlp_out[layer][-1])
    return names, torch.stack(rows).float()


@torch.no_grad()
def attribute(
    model: Model,
    norm: FrozenNorm,
    parts: Float[Tensor, "component d_model"],
    answer: int,
    wrong: int,
) -> Float[Tensor, "terms"]:
    """What each part adds to logit(answer) − logit(wrong); a last term holds the biases."""
    rows = model.adapter.unembedding
    direction = (rows[answer] - rows[wrong]).float()
    biases = norm.bias @ direction + _head_bias(model, answer, wrong)
    return torch.cat([norm(parts) @ direction, biases[None]]).cpu()


def stand_out(
    parts: Float[Tensor, "terms"], others: Float[Tensor, "pair terms"]
) -> Float[Tensor, "terms"]:
    """How far each part lies from its mean over other answer pairs, in standard deviations.

    Late MLPs move every pair of tokens a lot: a part is told by what it does to these answers
    and not to others, not by its size.
    """
    floor = _FLOOR * others.square().mean().sqrt()
    return (parts - others.mean(0)) / (others.var(0) + floor**2).clamp(min=1e-24).sqrt()


def _top_z(others: Float[Tensor, "pair terms"], left_out: int) -> Float[Tensor, ""]:
    """Largest |z| of one random pair against the others."""
    rest = torch.cat([others[:left_out], others[left_out + 1 :]])
    return stand_out(others[left_out], rest).abs().max()


def _difference(
    model: Model, normed: Float[Tensor, "d_model"], answer: int, wrong: int
) -> Float[Tensor, ""]:
    """The model's own logit difference, before a soft-cap."""
    rows = model.adapter.unembedding
    return normed @ (rows[answer] - rows[wrong]).float() + _head_bias(model, answer, wrong)


def _head_bias(model: Model, answer: int, wrong: int) -> Float[Tensor, ""]:
    bias = model.adapter.unembedding_bias
    if bias is None:
        return torch.zeros((), device=model.device)
    return (bias[answer] - bias[wrong]).float()


def _projection(model: Model, layer: int) -> nn.Module:
    attention = model.adapter.attention(model.adapter.layers[layer])
    found = getattr(attention, "o_proj", None) or getattr(attention, "c_proj", None)
    if found is None or model.adapter.names.post_norms:
        raise Refusal(
            "model_limit",
            f"heads of {model.adapter.family} cannot be read apart",
            "use heads=false",
        )
    return found  # type: ignore[no-any-return]


def _record(
    model: Model, ids: list[int], *, heads: bool
) -> tuple[Recording, list[Float[Tensor, "d_heads"]]]:
    kept: list[Tensor] = []
    hooks = []
    if heads:
        for layer in range(model.n_layers):
            hooks.append(
                _projection(model, layer).register_forward_pre_hook(
                    lambda _, inputs: kept.append(inputs[0][0, -1].clone())
                )
            )
    with hooked(hooks):
        return record(model, ids), kept


@torch.no_grad()
def _heads(
    model: Model, layer: int, z: Float[Tensor, "d_heads"]
) -> tuple[Float[Tensor, "head d_model"], Float[Tensor, "d_model"] | None]:
    module = _projection(model, layer)
    weight: Tensor = module.weight  # type: ignore[assignment]
    weight = weight.T if type(module).__name__ == "Conv1D" else weight
    by_head = weight.reshape(len(weight), model.n_heads, -1)
    split = torch.einsum("dhk,hk->hd", by_head, z.reshape(model.n_heads, -1))
    return split, getattr(module, "bias", None)


def _answers(
    model: Model, ids: list[int], args: DirectLogitAttributionArgs
) -> tuple[list[int], int, int]:
    if args.answer and args.wrong:
        shared, answer, wrong = answer_tokens(model, args.answer, args.wrong)
        return [*ids, *shared], answer, wrong
    if args.wrong:
        raise Refusal("bad_args", "wrong is given without an answer", "give both, or answer alone")
    with torch.no_grad():
        out = model.hf(input_ids=torch.tensor([ids], device=model.device), use_cache=False)
    likely = out.logits[0, -1].topk(2).indices.tolist()
    if not args.answer:
        return ids, likely[0], likely[1]
    given = model.text_ids(args.answer, bos=False)
    if not args.answer.strip() or not given:
        raise Refusal("bad_args", "the answer is empty", 'correct: answer=" Paris"')
    return ids, given[0], likely[0] if likely[0] != given[0] else likely[1]


def _random_pairs(
    model: Model, answer: int, wrong: int, generator: torch.Generator
) -> list[tuple[int, int]]:
    def draw(token: int) -> list[int]:
        text = model.token_text(token).strip() or "the"
        return [ids[0] for _, ids in matched_words(model, text, DRAWS + 1, generator)]

    pairs = zip(draw(answer), reversed(draw(wrong)), strict=False)
    return [(a, b) for a, b in pairs if a != b][:DRAWS]


def _total(names: list[str], values: Float[Tensor, "terms"], *kinds: str) -> float:
    return float(
        sum(float(v) for n, v in zip(names, values, strict=True) if set(n.split()) & set(kinds))
    )
