"""Add a direction to the residual stream at several strengths, beside everything it must beat."""

import itertools
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..engine.edits import Edit, added, edited_logits, edited_replies, random_like
from ..engine.prompt_ids import prompt_ids
from ..engine.states import check_layer, pooled_states
from ..fit.contrast import difference_of_means
from ..model import Model
from ..spec import Args, Control, Data, Frozen, Refusal, WhiteBox, tool
from ..views import Lines, Series
from ..workbench import Workbench
from .feelings import HAPPY, HAPPY_WORDS, PROMPTS, SAD, SAD_WORDS, SYSTEM_DOWN, SYSTEM_UP
from .text_scores import distinct_2, net_words, reply_losses, token_sets


class SteeringArgs(Args):
    """Which direction, how strong, on which prompts. Without texts: happy against sad."""

    positive: list[str] = Field(
        default_factory=list, max_length=500, description="Texts that have it"
    )
    negative: list[str] = Field(
        default_factory=list, max_length=500, description="Texts that lack it, alike else"
    )
    direction: str = Field(
        "", max_length=40, description="A handle such as dir:3 in place of texts"
    )
    layer: int | None = Field(None, ge=-1, description="Layer (default: two fifths of the way up)")
    where: Literal["mean", "last"] = Field(
        "mean", description="Texts are read at the mean of all tokens but the first, or at the last"
    )
    act: Literal["all", "reply"] = Field(
        "all", description="Add at all tokens but the first, or from the prompt's last token on"
    )
    coefficients: list[Annotated[float, Field(ge=-1000, le=1000)]] = Field(
        default_factory=lambda: [-1.0, -0.5, 0.5, 1.0],
        min_length=2,
        max_length=12,
        description="1 adds the whole difference of means (a handle: the stream's own length)",
    )
    prompts: list[str] = Field(
        default_factory=list, max_length=24, description="Prompts that are answered"
    )
    up_words: list[str] = Field(
        default_factory=list, max_length=300, description="Words that score +1"
    )
    down_words: list[str] = Field(
        default_factory=list, max_length=300, description="Words that score -1"
    )
    system_up: list[str] = Field(
        default_factory=list, max_length=12, description="System prompts that ask for it"
    )
    system_down: list[str] = Field(
        default_factory=list, max_length=12, description="System prompts that ask for its opposite"
    )
    draws: int = Field(8, ge=8, le=32, description="Random directions of the band")
    max_new_tokens: int = Field(32, ge=8, le=200, description="Length of a reply")
    chat: bool = Field(True, description="Wrap prompts in the chat template")


class Strength(Frozen):
    """What one coefficient did. Bands are the least and the greatest of the random directions."""

    coefficient: float
    next_token: float = Field(description="log p up words - log p down words, first reply token")
    next_token_band: tuple[float, float] | None
    text: float = Field(description="Up words minus down words in 100 words of reply")
    text_band: tuple[float, float] | None
    distinct_2: float = Field(ge=0, le=1, description="1: no pair of words occurs twice")
    loss: float | None = Field(description="Nats a token under the unsteered model")
    sample: str


class SystemPrompt(Frozen):
    """The same without access to activations."""

    system: str
    asks: Literal["up", "down"]
    next_token: float
    text: float
    distinct_2: float = Field(ge=0, le=1)
    loss: float | None


class SteeringData(Data):
    """The sweep, coefficient 0 included."""

    layer: int = Field(ge=-1)
    where: str
    act: str
    first_token: str = Field("never changed, not in means", description="Rule for the first token")
    direction_norm: float = Field(ge=0, description="Length that coefficient 1 adds")
    stream_norm: float = Field(ge=0, description="Median length of the stream there")
    text_shift: float = Field(description="Mean over coefficients of sign · (text - unsteered)")
    text_shift_random: float = Field(ge=0, description="Largest size of it, random directions")
    next_token_shift: float
    next_token_shift_random: float = Field(ge=0)
    monotone: bool = Field(description="The next-token score rises with each coefficient")
    strengths: list[Strength]
    systems: list[SystemPrompt]


@tool(access="target")
def steering(bench: Workbench, args: SteeringArgs) -> WhiteBox[SteeringData]:
    """Add the difference of means of two sets of texts to the residual stream, at many strengths.

    Says whether a direction changes what the model says, and at what price: repetition and loss
    stand beside each score. Keeps the direction (`dir:N`). Control: random directions of the same
    length at every strength; baseline: as many system prompts as coefficients.

    Misleads:
        Strong steering breaks the text, and broken text can score; a word count is a poor
        judge of meaning. Added at the prompt's own tokens it changes how the prompt is read as
        well, and the score may turn back at strong coefficients: compare with act=reply.
    """
    model = bench.target
    case = _case(bench, args)
    coefficients = sorted({c for c in args.coefficients if c})
    if not coefficients:
        raise Refusal("bad_args", "no coefficient but 0", "correct: coefficients=[-0.5, 0.5]")
    noise = random_like(case.vector, args.draws, bench.generator("steering", args))
    directions = torch.cat([case.vector[None], noise])
    # Row blocks: unsteered, then each coefficient with the direction and all random ones.
    plan = [(0.0, 0), *((c, d) for c in coefficients for d in range(len(directions)))]
    vectors = torch.stack([c * directions[d] for c, d in plan])
    run = _Runs(bench, case, args)
    next_token, replies = run.edited(vectors)
    zero = _Scores(next_token[0], replies[0], case)
    table = {
        (c, d): _Scores(n, r, case)
        for (c, d), n, r in zip(plan[1:], next_token[1:], replies[1:], strict=True)
    }
    shifts = {
        name: torch.tensor(
            [
                sum(
                    (1 if c > 0 else -1) * (getattr(table[c, d], name) - getattr(zero, name))
                    for c in coefficients
                )
                / len(coefficients)
                for d in range(len(directions))
            ]
        )
        for name in ("text", "next_token")
    }
    strengths = []
    for c in sorted([0.0, *coefficients]):
        own = table[c, 0] if c else zero
        rest = [table[c, d] for d in range(1, len(directions))] if c else []
        strengths.append(
            Strength(
                coefficient=c,
                next_token=own.next_token,
                next_token_band=_band([r.next_token for r in rest]),
                text=own.text,
                text_band=_band([r.text for r in rest]),
                distinct_2=own.distinct_2,
                loss=_mean(reply_losses(model, case.prompts, own.ids)),
                sample=own.texts[0][:160],
            )
        )
    systems, warnings = run.systems(len(coefficients))
    scores = [s.next_token for s in strengths]
    data = SteeringData(
        layer=case.layer,
        where=args.where,
        act=args.act,
        direction_norm=float(case.vector.norm()),
        stream_norm=case.stream_norm,
        text_shift=float(shifts["text"][0]),
        text_shift_random=float(shifts["text"][1:].abs().max()),
        next_token_shift=float(shifts["next_token"][0]),
        next_token_shift_random=float(shifts["next_token"][1:].abs().max()),
        monotone=all(a < b for a, b in itertools.pairwise(scores)),
        strengths=strengths,
        systems=systems,
    )
    broken = [s.coefficient for s in strengths if s.distinct_2 < 0.75 * zero.distinct_2]
    if broken:
        warnings.append(
            f"Replies fall apart (distinct-2 below 3/4 of unsteered) at {_listed(broken)}."
        )
    return WhiteBox(
        summary=_summary(data),
        data=data,
        control=Control(
            what=f"{args.draws} random directions of the same length, same layer and coefficients",
            numbers={
                "text_shift_random_max": data.text_shift_random,
                "next_token_shift_random_max": data.next_token_shift_random,
                "unsteered_text": zero.text,
            },
            beyond=_beyond(data),
        ),
        handles=[bench.put("dir", case.vector)],
        warnings=[*case.warnings, *warnings],
        view=Lines(
            title=f"Net words per 100 by coefficient, layer {case.layer}",
            caption="Dashed: least and greatest of the random directions.",
            x=[s.coefficient for s in strengths],
            series=[
                Series(name="steered", y=[s.text for s in strengths]),
                *(
                    Series(
                        name=name,
                        y=[s.text_band[i] if s.text_band else zero.text for s in strengths],
                        control=True,
                    )
                    for i, name in enumerate(("random, least", "random, greatest"))
                ),
            ],
            x_title="coefficient",
            unit="net words per 100",
        ),
    )


@dataclass(frozen=True)
class _Case:
    vector: Float[Tensor, "d_model"]
    layer: int
    stream_norm: float
    prompts: list[list[int]]
    prompt_texts: list[str]
    up: set[str]
    down: set[str]
    up_ids: list[int]
    down_ids: list[int]
    system_up: list[str]
    system_down: list[str]
    model: Model
    warnings: list[str]


class _Scores:
    """One condition: its next-token score and its replies."""

    def __init__(self, next_token: float, ids: list[list[int]], case: _Case) -> None:
        self.next_token, self.ids = next_token, ids
        self.texts = [case.model.decode(reply) for reply in ids]
        self.text = net_words(self.texts, case.up, case.down)
        self.distinct_2 = distinct_2(self.texts)


class _Runs:
    """Runs conditions over all prompts together."""

    def __init__(self, bench: Workbench, case: _Case, args: SteeringArgs) -> None:
        self.bench, self.case, self.args = bench, case, args

    def edited(
        self, vectors: Float[Tensor, "condition d_model"]
    ) -> tuple[list[float], list[list[list[int]]]]:
        """Next-token score and replies of each condition."""
        case, count = self.case, len(self.case.prompts)
        prompts = case.prompts * len(vectors)
        rows = vectors.repeat_interleave(count, 0)
        alike = [condition for condition in range(len(vectors)) for _ in range(count)]
        lengths = [len(p) for p in prompts]
        edit = Edit([case.layer], added(rows), lengths, self.args.act, alike)
        return self._both(prompts, edit)

    def _both(
        self, prompts: list[list[int]], edit: Edit
    ) -> tuple[list[float], list[list[list[int]]]]:
        case, count = self.case, len(self.case.prompts)
        keep = case.up_ids + case.down_ids
        logp = edited_logits(case.model, prompts, edit, keep=keep)
        cut = len(case.up_ids)
        gap = logp[:, :cut].logsumexp(-1) - logp[:, cut:].logsumexp(-1)
        replies = edited_replies(
            case.model,
            prompts,
            edit,
            max_new_tokens=self.args.max_new_tokens,
            on_progress=lambda done, total: self.bench.progress(done, total, "replies"),
        )
        starts = range(0, len(prompts), count)
        return (
            [float(gap[i : i + count].mean()) for i in starts],
            [replies[i : i + count] for i in starts],
        )

    def systems(self, tried: int) -> tuple[list[SystemPrompt], list[str]]:
        """The same prompts under system prompts, unsteered."""
        case = self.case
        half = -(-tried // 2)
        asked: list[tuple[str, Literal["up", "down"]]] = [
            *((s, "up") for s in case.system_up[:half]),
            *((s, "down") for s in case.system_down[: tried - half]),
        ]
        warnings = []
        if len(asked) < tried:
            warnings.append(
                f"Only {len(asked)} system prompts were tried against {tried} coefficients."
            )
        prompts = []
        for system, _ in asked:
            for text in case.prompt_texts:
                if self.args.chat and case.model.has_chat_template:
                    one, _told = prompt_ids(case.model, text, chat=True, system=system)
                else:
                    one, _told = prompt_ids(case.model, f"{system}\n{text}", chat=False)
                prompts.append(one)
        if not asked:
            return [], warnings
        nothing = Edit([], added(torch.zeros(1, case.model.d_model)), [len(p) for p in prompts])
        next_token, replies = self._both(prompts, nothing)
        found = []
        for (system, asks), gap, said in zip(asked, next_token, replies, strict=True):
            scores = _Scores(gap, said, case)
            found.append(
                SystemPrompt(
                    system=system,
                    asks=asks,
                    next_token=scores.next_token,
                    text=scores.text,
                    distinct_2=scores.distinct_2,
                    loss=_mean(reply_losses(case.model, case.prompts, said)),
                )
            )
        return found, warnings


def _case(bench: Workbench, args: SteeringArgs) -> _Case:
    model = bench.target
    shipped = not (args.positive or args.negative or args.direction)
    layer = model.n_layers * 2 // 5 if args.layer is None else args.layer
    check_layer(model, layer)
    needed = {
        "up_words": args.up_words,
        "down_words": args.down_words,
        "system_up": args.system_up,
        "system_down": args.system_down,
    }
    lacking = [name for name, given in needed.items() if not given]
    if not shipped and lacking:
        raise Refusal(
            "bad_args",
            f"a direction of your own needs {', '.join(lacking)}",
            "words that the reply is scored by, and system prompts to compare with: up_words="
            '["yes"], down_words=["no"], system_up=["Agree."], system_down=["Disagree."]',
        )
    texts = args.prompts or PROMPTS
    warnings: list[str] = []
    prompts = []
    for text in texts:
        ids, told = prompt_ids(model, text, chat=args.chat)
        prompts.append(ids)
        warnings += [w for w in told if w not in warnings]
    around = pooled_states(model, prompts, where="mean", layers=[layer])[0]
    norm = float(around.norm(dim=-1).median())
    if args.direction:
        vector = bench.get(args.direction).float()
        if vector.shape != (model.d_model,) or not float(vector.norm()) > 0:
            raise Refusal(
                "bad_args",
                f"{args.direction} is no direction of this model",
                f"a handle of shape ({model.d_model},), such as dir:1 from probe",
            )
        vector = vector / vector.norm() * norm
    else:
        positive, negative = (HAPPY, SAD) if shipped else (args.positive, args.negative)
        vectors, told = difference_of_means(model, positive, negative, [layer], where=args.where)
        vector, warnings = vectors[0], [*warnings, *told]
    up, down = args.up_words or HAPPY_WORDS, args.down_words or SAD_WORDS
    up_ids, down_ids = token_sets(model, up, down)
    if not up_ids or not down_ids:
        raise Refusal("bad_args", "up and down words begin with the same tokens", "change one list")
    return _Case(
        vector=vector,
        layer=layer,
        stream_norm=norm,
        prompts=prompts,
        prompt_texts=texts,
        up={w.lower() for w in up},
        down={w.lower() for w in down},
        up_ids=up_ids,
        down_ids=down_ids,
        system_up=args.system_up or SYSTEM_UP,
        system_down=args.system_down or SYSTEM_DOWN,
        model=model,
        warnings=warnings,
    )


def _beyond(data: SteeringData) -> bool:
    return (
        data.text_shift > data.text_shift_random
        and data.next_token_shift > data.next_token_shift_random
    )


def _summary(data: SteeringData) -> str:
    best = max((s.text for s in data.systems if s.asks == "up"), default=None)
    words = (
        f"Steering at layer {data.layer} shifts net words by {data.text_shift:+.2f} in 100 "
        f"(random directions: at most {data.text_shift_random:.2f}) and the next-token score by "
        f"{data.next_token_shift:+.2f} nats (at most {data.next_token_shift_random:.2f})."
    )
    if best is not None:
        top = max(data.strengths, key=lambda s: s.text)
        words += (
            f" Most net words: {top.text:.2f} at {top.coefficient:g}; best system prompt {best:.2f}"
            f" of {len(data.systems)} tried."
        )
    if _beyond(data):
        return words
    half = data.next_token_shift > data.next_token_shift_random
    where = " in text" if half else ""
    return f"No effect beyond control{where}: {words}"


def _band(values: list[float]) -> tuple[float, float] | None:
    return (min(values), max(values)) if values else None


def _mean(values: list[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None


def _listed(values: list[float]) -> str:
    return ", ".join(f"{v:g}" for v in values)
