"""Read what the target says, beside what its base says under the same draw."""

from typing import Annotated

from pydantic import Field

from ..engine.sampling import generate
from ..engine.thinking import Thinking, Thought, opens_thought, split_thought
from ..model import Model
from ..spec import Args, Control, Data, Frozen, Refusal, Result, tool
from ..views import Passage, Passages
from ..workbench import Workbench
from .default_prompts import GENERAL

BATCH = 16
SHOWN = 24


class SampleRepliesArgs(Args):
    """What to ask, how often, and how the reply is drawn."""

    prompts: list[Annotated[str, Field(min_length=1, max_length=4000)]] = Field(
        default_factory=lambda: list(GENERAL),
        min_length=1,
        max_length=64,
        description="User messages; without them twelve general ones",
    )
    n: int = Field(1, ge=1, le=32, description="Replies to each prompt")
    temperature: float = Field(0.0, ge=0, le=2, description="0 takes the likeliest token each time")
    max_new_tokens: int = Field(24, ge=1, le=256, description="Longest reply, in tokens")
    system: str | None = Field(
        None, max_length=4000, description="System prompt; without it the template's own"
    )
    prefill: str = Field(
        "", max_length=2000, description="Words that the reply is made to open with"
    )
    thinking: Thinking = Field(
        "off",
        description="Switch of models that think first; auto leaves it as the template has it",
    )
    draw: int = Field(0, ge=0, le=10000, description="Another draw of the same experiment")


class ReplyRow(Frozen):
    """One reply of the target, and the base's under the same draw where there is a base."""

    prompt: str
    reply: str
    base_reply: str | None = None
    thought: str | None = Field(None, description="What the target thought before it replied")
    base_thought: str | None = None


class SampleRepliesData(Data):
    """Replies in the order of the prompts; a prefill is not repeated in them."""

    rows: list[ReplyRow]
    n_replies: int = Field(ge=1, description="Replies of the target")
    share_equal_to_base: float | None = Field(
        None, ge=0, le=1, description="Share of replies equal to the base's, character by character"
    )


@tool(access="chat")
def sample_replies(bench: Workbench, args: SampleRepliesArgs) -> Result[SampleRepliesData]:
    """Read the target's replies to prompts, with the base's replies beside them.

    Both models draw from the same random numbers, so that equal models give equal replies. Read
    for what the target says and its base does not. Control: the base's replies.

    Misleads:
        Training changes wording everywhere, so most differences to the base mean nothing;
        greedy replies hide what is said one time in ten.
    """
    if args.temperature == 0 and args.n > 1:
        raise Refusal(
            "bad_args", f"at temperature 0 all {args.n} replies are the same", "temperature=0.7"
        )
    prompts = [prompt for prompt in args.prompts for _ in range(args.n)]
    replies = replies_of(bench, bench.target, prompts, args)
    on_base = replies_of(bench, bench.base, prompts, args) if bench.has_base else None
    rows = [
        ReplyRow(
            prompt=prompt,
            reply=reply.answer,
            thought=reply.thought,
            base_reply=on_base[i].answer if on_base else None,
            base_thought=on_base[i].thought if on_base else None,
        )
        for i, (prompt, reply) in enumerate(zip(prompts, replies, strict=True))
    ]
    equal = sum(row.reply == row.base_reply for row in rows) / len(rows) if on_base else None
    return Result(
        summary=_summary(rows, equal),
        data=SampleRepliesData(rows=rows, n_replies=len(rows), share_equal_to_base=equal),
        control=_control(equal, args),
        view=Passages(
            title="Replies",
            caption="first replies only" if len(rows) > SHOWN else "",
            items=[
                Passage(
                    label=f"{number}",
                    prompt=row.prompt,
                    text=args.prefill + row.reply,
                    control=args.prefill + row.base_reply if row.base_reply is not None else None,
                    control_label="base" if row.base_reply is not None else "",
                )
                for number, row in enumerate(rows[:SHOWN], start=1)
            ],
        ),
    )


def replies_of(
    bench: Workbench, model: Model, prompts: list[str], args: SampleRepliesArgs
) -> list[Thought]:
    """One reply to each prompt, drawn from a generator that is the same for either model."""
    heads = [
        model.chat_text(p, system=args.system, prefill=args.prefill, thinking=args.thinking)
        for p in prompts
    ]
    ids = [
        model.chat_ids(p, system=args.system, prefill=args.prefill, thinking=args.thinking)
        for p in prompts
    ]
    out = generate(
        model,
        ids,
        max_new_tokens=args.max_new_tokens,
        temperature=args.temperature,
        generator=bench.generator("sample_replies", args),
        batch=BATCH,
        on_progress=lambda done, total: bench.progress(done, total, "replies"),
        once=bench.once,
    )
    return [
        split_thought(model.decode(reply), opened=opens_thought(head))
        for head, reply in zip(heads, out, strict=True)
    ]


def _control(equal: float | None, args: SampleRepliesArgs) -> Control:
    if equal is None:
        return Control.none("there is no base to give the same prompts to")
    what = "the base's replies to the same prompts"
    what += " with the same random numbers" if args.temperature > 0 else ", likeliest tokens too"
    # Any training changes wording somewhere, so a difference alone proves nothing.
    beyond = False if equal == 1 else None
    return Control(what=what, numbers={"share_equal_to_base": equal}, beyond=beyond)


def _summary(rows: list[ReplyRow], equal: float | None) -> str:
    if equal is None:
        return f"{len(rows)} replies of the target; no base to compare with."
    if equal == 1:
        return f"No effect beyond control: all {len(rows)} replies equal the base's."
    differ = round((1 - equal) * len(rows))
    first = next(row for row in rows if row.reply != row.base_reply)
    return (
        f"{differ} of {len(rows)} replies differ from the base's; the first is to "
        f"“{first.prompt[:60]}”. Most differences are wording: read them for content."
    )
