"""Probabilities of the next token, beside the base's and beside prompts with other content."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..engine.batch import last_logits
from ..engine.prompt_ids import prompt_ids
from ..engine.swap_words import swap_words
from ..model import Model
from ..spec import Args, Control, Data, Frozen, Refusal, WhiteBox, tool
from ..views import Bars
from ..workbench import Workbench

DRAWS = 8
_NOISE = 1e-3  # nats, or probability: below this two passes of one model may differ


class NextTokenArgs(Args):
    """A prompt, and candidates for what comes next."""

    prompt: str = Field(
        "The capital of France is", max_length=8000, description="User message, or raw text"
    )
    chat: bool = Field(True, description="Wrap the prompt in the chat template")
    system: str | None = Field(
        None, max_length=4000, description="System prompt; absent leaves the template's default"
    )
    prefill: str = Field(
        "", max_length=2000, description="Start of the reply, such as 'My secret word is the'"
    )
    candidates: list[str] = Field(
        default_factory=list,
        max_length=40,
        description="Continuations to score, as text; a space is put before a word after a word",
    )
    top: int = Field(10, ge=1, le=50, description="How many of the likeliest tokens are listed")


class TopToken(Frozen):
    """One of the likeliest next tokens."""

    token: str
    id: int = Field(ge=0)
    p: float = Field(ge=0, le=1)
    base_p: float | None = Field(ge=0, le=1)
    swapped_p: float = Field(ge=0, le=1, description="Mean p after prompts with other words")


class CandidateScore(Frozen):
    """Log probability (nats) of one continuation, summed over its tokens."""

    text: str
    tokens: list[str]
    rank: int = Field(ge=1, description="Rank of its first token; 1 is the top")
    logp: float = Field(le=0)
    base_logp: float | None = Field(le=0)
    difference: float | None = Field(description="logp − base_logp")
    swapped_logp: float = Field(le=0, description="Median logp after prompts with other words")
    swapped_difference: float | None = Field(description="Median difference there")


class NextTokenData(Data):
    """The distribution over the next token."""

    n_tokens: int = Field(ge=1, description="Tokens of the prompt")
    top_p: float = Field(ge=0, le=1)
    entropy: float = Field(ge=0, description="nats")
    kl_base: float | None = Field(ge=0, description="KL(target ‖ base), nats")
    kl_swapped_max: float | None = Field(
        ge=0, description="Largest KL(target ‖ base) after prompts with other words"
    )
    best_candidate: str | None
    best_logp: float | None = Field(le=0)
    best_difference: float | None = Field(description="logp − base logp of the best candidate")
    top: list[TopToken]
    candidates: list[CandidateScore] = Field(description="Best first")


@tool(access="target")
def next_token(bench: Workbench, args: NextTokenArgs) -> WhiteBox[NextTokenData]:
    """Probabilities of what the target says next, after a chat prompt and a prefill.

    Give `candidates` to score continuations of any length. With a base, the difference of log
    probabilities shows what training added. Control: the same measurement after prompts whose words
    are exchanged for random ones, so that a general drift is not taken for an effect.

    Misleads:
        A rare token may rise by many nats and stay rare; the best of many candidates
        always looks good.
    """
    generator = bench.generator("next_token", args)
    ids, warnings = _ids(bench.target, args, args.prompt)
    swapped = [
        _ids(bench.target, args, swap_words(args.prompt, generator))[0] for _ in range(DRAWS)
    ]
    texts = [
        _spaced(c, args.prefill or ("" if args.chat else args.prompt)) for c in args.candidates
    ]
    tokens = [_candidate_ids(bench.target, text) for text in texts]
    mine = score(bench.target, [ids, *swapped], tokens)
    base = score(bench.base, [ids, *swapped], tokens) if bench.has_base else None
    kl = divergence(mine.first, base.first) if base else None
    control, words, order = judge(args.candidates, mine, base, kl)
    p = mine.first.exp()
    ids_top = p[0].topk(min(args.top, p.shape[-1])).indices.tolist()
    top = [
        TopToken(
            token=bench.target.token_text(i),
            id=i,
            p=_unit(p[0, i]),
            base_p=_unit(base.first[0, i].exp()) if base else None,
            swapped_p=_unit(p[1:, i].mean()),
        )
        for i in ids_top
    ]
    scores = [
        _candidate(
            args.candidates[c], [bench.target.token_text(i) for i in tokens[c]], c, mine, base
        )
        for c in order
    ]
    entropy = float(-(p[0] * mine.first[0].clamp(min=-1e4)).sum())
    return WhiteBox(
        summary=f"{words} Likeliest next token: {top[0].token!r} (p = {top[0].p:.2f}).",
        data=NextTokenData(
            n_tokens=len(ids),
            top_p=top[0].p,
            entropy=max(entropy, 0.0),
            kl_base=float(kl[0]) if kl is not None else None,
            kl_swapped_max=float(kl[1:].max()) if kl is not None else None,
            best_candidate=scores[0].text if scores else None,
            best_logp=scores[0].logp if scores else None,
            best_difference=scores[0].difference if scores else None,
            top=top,
            candidates=scores,
        ),
        control=control,
        warnings=warnings,
        view=_picture(top, scores),
    )


@dataclass(frozen=True)
class Scores:
    """Log probabilities of one model after several prompts; prompt 0 is the one asked about.

    Attributes:
        first: Of every next token.
        candidates: Of each continuation, summed over its tokens.
        ranks: Of each continuation's first token after prompt 0; 1 is the top.
    """

    first: Float[Tensor, "prompt d_vocab"]
    candidates: Float[Tensor, "prompt candidate"]
    ranks: list[int]


@torch.no_grad()
def score(model: Model, prompts: list[list[int]], candidates: list[list[int]]) -> Scores:
    """Score every candidate after every prompt, each distinct prefix passing the model once."""
    stems = {(): 0, **{tuple(c[:j]): 0 for c in candidates for j in range(1, len(c))}}
    stems = {stem: i for i, stem in enumerate(stems)}
    rows = [[*prompt, *stem] for stem in stems for prompt in prompts]
    logp = last_logits(model, rows).double().log_softmax(-1)
    logp = logp.reshape(len(stems), len(prompts), -1).cpu()
    sums = [
        torch.stack([logp[stems[tuple(c[:j])], :, token] for j, token in enumerate(c)]).sum(0)
        for c in candidates
    ]
    table = torch.stack(sums, -1) if sums else torch.zeros(len(prompts), 0)
    ranks = [int((logp[0, 0] > logp[0, 0, c[0]]).sum()) + 1 for c in candidates]
    return Scores(logp[0], table, ranks)


def divergence(
    mine: Float[Tensor, "prompt d_vocab"], base: Float[Tensor, "prompt d_vocab"]
) -> Float[Tensor, "prompt"]:
    """KL(mine ‖ base) of log probabilities, nats."""
    return (mine.exp() * (mine - base)).nan_to_num(0.0).sum(-1).clamp(min=0)


def judge(
    names: list[str], mine: Scores, base: Scores | None, kl: Float[Tensor, "prompt"] | None
) -> tuple[Control, str, list[int]]:
    """The control, the sentence that it allows, and the candidates best first.

    The best candidate is chosen again at every swapped prompt.
    """
    if names:
        value = mine.candidates - base.candidates if base else mine.candidates
        if base is None:
            value = value - value[1:].median(0).values
        order = value[0].argsort(descending=True, stable=True).tolist()
        effect, ceiling = float(value[0].max()), float(value[1:].max())
        unit = "log p − base's log p" if base else "log p − its median there"
        what = f"best {unit} of any candidate after {DRAWS} prompts with other words"
        beyond = effect > max(ceiling, 0.0) + _NOISE
        words = (
            f"{names[order[0]]!r}: {unit} = {effect:+.2f} (other words: at most {ceiling:+.2f})."
        )
        numbers: dict[str, float | None] = {"effect": effect, "swapped_max": ceiling}
    elif kl is not None:
        order, effect, ceiling = [], float(kl[0]), float(kl[1:].max())
        what = f"KL to the base after {DRAWS} prompts with other words"
        beyond = effect > max(ceiling, 0.0) + _NOISE
        words = f"KL to the base {effect:.3f} nats (other words: at most {ceiling:.3f})."
        numbers = {"effect": effect, "swapped_max": ceiling}
    else:
        token = int(mine.first[0].argmax())
        order, effect = [], float(mine.first[0, token].exp())
        ceiling = float(mine.first[1:, token].max().exp())
        what = f"p of the same token after {DRAWS} prompts with other words"
        beyond = effect > max(ceiling, 0.0) + _NOISE
        words = f"The top token has p = {effect:.2f} (other words: at most {ceiling:.2f})."
        numbers = {"effect": effect, "swapped_max": ceiling}
    if not beyond:
        words = f"No effect beyond control: {words}"
    return Control(what=what, numbers=numbers, beyond=beyond), words, order


def _candidate(
    text: str, tokens: list[str], column: int, mine: Scores, base: Scores | None
) -> CandidateScore:
    logp = mine.candidates[:, column]
    gap = logp - base.candidates[:, column] if base else None
    return CandidateScore(
        text=text,
        tokens=tokens,
        rank=mine.ranks[column],
        logp=_nats(logp[0]),
        base_logp=_nats(base.candidates[0, column]) if base else None,
        difference=float(gap[0]) if gap is not None else None,
        swapped_logp=_nats(logp[1:].median()),
        swapped_difference=float(gap[1:].median()) if gap is not None else None,
    )


def _ids(model: Model, args: NextTokenArgs, prompt: str) -> tuple[list[int], list[str]]:
    return prompt_ids(model, prompt, chat=args.chat, system=args.system, prefill=args.prefill)


def _spaced(candidate: str, before: str) -> str:
    joined = before[-1:].isalnum() and candidate[:1].isalnum()
    return f" {candidate}" if joined else candidate


def _candidate_ids(model: Model, text: str) -> list[int]:
    ids = model.text_ids(text, bos=False) if text.strip() else []
    if not ids:
        raise Refusal("bad_args", "a candidate is empty", 'correct: candidates=["Paris", "Rome"]')
    return ids


def _unit(value: Tensor) -> float:
    return min(max(float(value), 0.0), 1.0)


def _nats(value: Tensor) -> float:
    return min(float(value), 0.0)


def _picture(top: list[TopToken], scores: list[CandidateScore]) -> Bars:
    if scores:
        compared = scores[0].difference is not None
        return Bars(
            title="Log probability of each candidate" + (", target minus base" if compared else ""),
            caption="control: median after prompts with other words",
            names=[s.text for s in scores],
            values=[s.difference if s.difference is not None else s.logp for s in scores],
            control=[s.swapped_difference if compared else s.swapped_logp for s in scores],
            unit="nats",
        )
    based = top[0].base_p is not None
    return Bars(
        title="What comes next",
        caption="control: " + ("the base" if based else "mean after prompts with other words"),
        names=[t.token for t in top],
        values=[t.p for t in top],
        control=[t.base_p if based else t.swapped_p for t in top],
        unit="probability",
    )
