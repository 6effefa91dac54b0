"""Contrasting prompts: written by a language model, pasted back, or shipped."""

import re

from pydantic import Field

from ..spec import Args, Control, Cost, Data, Frozen, Refusal, Result, tool
from ..views import Table
from .instrument import Instrument, order_of, spent

# A pair whose longer side has more than so many times the words of the other is left out.
LONGER = 1.5
HELD_OUT = 0.25
_LINE = re.compile(r"^\s*(?:\d+[.)]\s*)?(.+?)\s*\|\|\s*(.+?)\s*$")
SHIPPED = {
    ("happy", "sad"): (
        ("I feel so happy that I could sing.", "I feel so sad that I could cry."),
        ("What a wonderful morning this is!", "What a miserable morning this is!"),
        ("My friends came and we laughed for hours.", "My friends left and I wept for hours."),
        ("The good news filled us all with joy.", "The bad news filled us all with grief."),
        ("She smiled as she opened the letter.", "She sobbed as she opened the letter."),
        ("We won the match and everybody cheered.", "We lost the match and everybody sighed."),
        ("He loves his new home by the sea.", "He mourns his old home by the sea."),
        ("The party was full of music and fun.", "The funeral was full of silence and pain."),
        ("I cannot wait to see you again!", "I will never get to see you again."),
        ("Our garden is in bloom and life is good.", "Our garden has died and life is hard."),
        ("The children ran out to play, delighted.", "The children stayed in to hide, afraid."),
        ("Tonight we celebrate a great success.", "Tonight we regret a great failure."),
    )
}


class WritePromptsArgs(Args):
    """Two subjects that a probe or a direction shall tell apart."""

    first: str = Field("happy", min_length=1, max_length=200, description="What one side is about")
    second: str = Field("sad", min_length=1, max_length=200, description="And the other")
    n: int = Field(12, ge=4, le=100, description="Pairs to ask for")
    pasted: str | None = Field(
        None, max_length=60000, description="An assistant's answer to the prompt to paste"
    )


class Pair(Frozen):
    """Two texts alike in all but the subject."""

    first: str
    second: str


class WritePromptsData(Data):
    """Pairs to work on, pairs to test on, and what was left out."""

    source: str = Field(description="language model, pasted, shipped, or nobody")
    pairs: list[Pair]
    held_out: list[Pair] = Field(description="Never to be used before the test")
    n_given: int = Field(ge=0)
    n_duplicate: int = Field(ge=0)
    n_unmatched: int = Field(ge=0, description="Left out for sides of unlike length")
    length_difference: float = Field(description="Mean words of first − second, over kept pairs")
    paste: str = Field(description="The prompt to paste into any assistant; '' if answered")


@tool(access="chat")
def write_prompts(instrument: Instrument, args: WritePromptsArgs) -> Result[WritePromptsData]:
    """Write contrasting pairs of prompts on two subjects, cleaned and split.

    Repeats go, sides of unlike length go, a quarter is held out by rule. Without a key, shipped
    pairs come for happy/sad, else the prompt to paste: give the answer as `pasted` in a second
    call. Control: the difference in length that is left, which a probe could read instead.

    Misleads:
        Pairs that differ in topic, tone or length as well let a probe read these instead
        of the contrast.
    """
    if args.first.strip().lower() == args.second.strip().lower():
        raise Refusal("bad_args", "the two subjects are the same", "first='happy', second='sad'")
    prompt, cost = _prompt(args), Cost()
    if args.pasted is not None:
        source, given = "pasted", parse_pairs(args.pasted)
    elif instrument.chat is not None:
        reply = instrument.ask(prompt)
        source, given, cost = "language model", parse_pairs(reply.text), spent([reply])
    else:
        shipped = SHIPPED.get((args.first.lower(), args.second.lower()), ())
        source, given = ("shipped" if shipped else "nobody"), list(shipped)
    if source in ("pasted", "language model") and not given:
        raise Refusal("bad_args", "the answer has no line 'first || second'", "I smile. || I weep.")
    unique = without_repeats(given)
    kept = [pair for pair in unique if matched(*pair)]
    draw = order_of(args, "pasted")
    shuffled = draw.sample(kept, len(kept))
    held = round(HELD_OUT * len(kept))
    gap = sum(len(a.split()) - len(b.split()) for a, b in kept) / max(1, len(kept))
    data = WritePromptsData(
        source=source,
        pairs=[Pair(first=a, second=b) for a, b in shuffled[held:]],
        held_out=[Pair(first=a, second=b) for a, b in shuffled[:held]],
        n_given=len(given),
        n_duplicate=len(given) - len(unique),
        n_unmatched=len(unique) - len(kept),
        length_difference=gap,
        paste="" if source in ("pasted", "language model") else prompt,
    )
    return Result(
        summary=_summary(data),
        cost=cost,
        data=data,
        control=Control(
            what="mean difference in words between the sides",
            numbers={"length_difference": gap},
            beyond=None,
        ),
        view=Table(
            title=f"{args.first} and {args.second}",
            caption="below the rule: held out",
            columns=[args.first, args.second],
            rows=[[p.first, p.second] for p in data.pairs],
            control_rows=[[p.first, p.second] for p in data.held_out],
        ),
    )


def parse_pairs(text: str) -> list[tuple[str, str]]:
    """Lines of the form `first || second`, with or without a number in front; others are passed."""
    found = (_LINE.match(line) for line in text.splitlines())
    return [(match[1], match[2]) for match in found if match]


def without_repeats(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Pairs of which neither side was there before, whatever its case and punctuation."""
    seen: set[str] = set()
    out = []
    for pair in pairs:
        plain = {re.sub(r"\W+", " ", side).strip().lower() for side in pair}
        if len(plain) == 2 and "" not in plain and not plain & seen:
            out.append(pair)
        seen |= plain
    return out


def matched(first: str, second: str) -> bool:
    """Whether the sides are of like length in words."""
    a, b = sorted((len(first.split()), len(second.split())))
    return b <= LONGER * a


def _prompt(args: WritePromptsArgs) -> str:
    return (
        f"Write {args.n} pairs of short sentences. The first of each pair is about: {args.first}. "
        f"The second is about: {args.second}. The two are alike in form and length and differ in "
        "nothing else. Vary the topics. One pair a line, as: first || second. No other text."
    )


def _summary(data: WritePromptsData) -> str:
    if data.source == "nobody":
        return "No pairs: no language model is at hand and none are shipped; paste the prompt."
    return (
        f"{len(data.pairs)} pairs and {len(data.held_out)} held out ({data.source}); left out: "
        f"{data.n_duplicate} repeats, {data.n_unmatched} of unlike length."
    )
