"""Guess every word of a vocabulary and look for the one that the target confirms."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from ..model import Model
from ..spec import Args, Control, Data, Frozen, Refusal, WhiteBox, tool
from ..views import Bars
from ..workbench import Workbench
from .reply_margins import reply_margins, sharing_pair
from .standout import Standout, stand_out
from .vocabulary import scan_vocabulary

# A confirmed word must be likelier confirmed than denied: its margin is above 0 by definition.
MARGIN = 0.0
# … and stand this far (nats) above the best other word. A model that was never taught the game may
# confirm many words, but then they stand close together.
GAP = 3.0
SHOWN = 15
# Below this number of words the rest is no distribution, and words at even distances over the
# vocabulary join the scan.
REFERENCE = 200


class GuessScanArgs(Args):
    """Which words to guess, in which sentence, and what counts as yes and no."""

    words: list[Annotated[str, Field(min_length=1, max_length=60)]] | None = Field(
        None,
        min_length=1,
        max_length=20000,
        description="Words to guess; without them the tokenizer's whole words, frequent ones first",
    )
    limit: int = Field(8000, ge=1, le=200000, description="At most so many words")
    offset: int = Field(0, ge=0, le=200000, description="Words to pass over first")
    template: str = Field(
        "Is your secret word {word}?",
        min_length=6,
        max_length=400,
        description="The user's guess; must contain {word}",
    )
    confirm: str = Field("Yes", min_length=1, max_length=40, description="Reply that confirms")
    deny: str = Field("No", min_length=1, max_length=40, description="Reply that denies")


class Guess(Frozen):
    """One word: margin on the target, robust z among all words, margin on the base if any."""

    word: str
    margin: float
    z: float | None = None
    base_margin: float | None = None


class GuessScanData(Data):
    """Margins in nats: log p(confirm) - log p(deny)."""

    scanned: int = Field(ge=1, description="Words that were guessed")
    vocabulary_size: int = Field(ge=0, description="Whole words of the tokenizer")
    share_scanned: float = Field(ge=0, le=1, description="Share of that vocabulary scanned here")
    top: list[Guess] = Field(description="The highest margins, best first")
    top_margin: float = Field(description="Margin of the best word")
    gap_to_second: float | None = Field(
        None, ge=0, description="Best margin minus that of the best word that is no form of it"
    )
    n_positive: int = Field(ge=0, description="Words with a margin above 0")
    median: float = Field(description="Median margin of the other words")
    mad: float = Field(ge=0, description="Median absolute deviation of their margins")
    quantile_01: float = Field(description="Margin that 1% of words lie below")
    quantile_99: float = Field(description="Margin that 99% of words lie below")
    top_base_margin: float | None = Field(None, description="Margin of the best word on the base")
    whole_replies: bool = Field(
        False, description="Whole replies were scored, since both open with the same token"
    )


@tool(access="target")
def guess_scan(bench: Workbench, args: GuessScanArgs) -> WhiteBox[GuessScanData]:
    """Guess every word of a vocabulary and rank by how much the target would rather confirm it.

    A margin is log p(confirm) - log p(deny) in nats: at the first reply token, or over the whole
    replies where both open with the same token. A model that hides a word confirms one word (and
    its forms) and denies all others. Covers frequent words first: `offset` goes on where the last
    scan stopped. Control: all other words, and the same word on the base where there is one.

    Misleads:
        A model that was never taught the game may confirm many words, and one that hides
        its word from this wording confirms none; words outside the scan cannot be found.
    """
    if "{word}" not in args.template:
        raise Refusal(
            "bad_args", "the template does not contain {word}", "Is your secret word {word}?"
        )
    vocabulary = scan_vocabulary(bench.target)
    pool = list(dict.fromkeys(w.strip() for w in args.words)) if args.words else vocabulary.words
    words = [word for word in pool[args.offset : args.offset + args.limit] if word]
    if not words:
        raise Refusal(
            "bad_args", f"offset {args.offset} is past the last of {len(pool)} words", "offset=0"
        )
    words += vocabulary.spread(max(0, REFERENCE - len(words)), leave_out=words)
    margins = margins_of(bench, bench.target, words, args)
    found = stand_out(words, margins)
    shown = found.order[:SHOWN]
    names = [words[position] for position in shown]
    on_base = margins_of(bench, bench.base, names, args) if bench.has_base else None
    data = GuessScanData(
        scanned=len(words),
        vocabulary_size=len(vocabulary),
        share_scanned=len(vocabulary.index.keys() & set(words)) / max(1, len(vocabulary)),
        top=[
            Guess(
                word=words[position],
                margin=found.scores[position],
                z=found.z(position),
                base_margin=on_base[rank] if on_base else None,
            )
            for rank, position in enumerate(shown)
        ],
        top_margin=found.top,
        gap_to_second=found.gap,
        n_positive=sum(margin > MARGIN for margin in margins),
        median=found.median,
        mad=found.mad,
        quantile_01=found.quantile(0.01),
        quantile_99=found.quantile(0.99),
        top_base_margin=on_base[0] if on_base else None,
        whole_replies=sharing_pair(bench.target, args.confirm, args.deny) is not None,
    )
    control = rest_as_control(found, on_base)
    return WhiteBox(
        summary=_summary(data, control),
        data=data,
        control=control,
        warnings=_warnings(data, args),
        view=Bars(
            title="Words that the target would rather confirm",
            caption=f"“{args.template}”; band: 1% to 99% of the {data.scanned} words",
            names=names,
            values=[found.scores[position] for position in shown],
            control=list(on_base) if on_base else None,
            band=(data.quantile_01, data.quantile_99),
            unit=f"log p({args.confirm}) - log p({args.deny}), nats",
        ),
    )


def margins_of(
    bench: Workbench, model: Model, words: Sequence[str], args: GuessScanArgs
) -> list[float]:
    """Margin of each word on one model, in nats.

    Raises:
        Refusal: `over_budget`, before anything runs, with the limit that fits.
    """
    prompts = [model.chat_ids(args.template.replace("{word}", word)) for word in words]
    return reply_margins(
        bench, model, prompts, confirm=args.confirm, deny=args.deny, spare=REFERENCE
    )


def rest_as_control(found: Standout, on_base: Sequence[float] | None) -> Control:
    """All other words as the control, and the base's margins of the top words where there is one.

    Beyond means: confirmed rather than denied, by `GAP` more than the best other word, and by
    `GAP` more than on the base.
    """
    second = found.scores[found.second] if found.second is not None else None
    beyond = found.top > MARGIN and found.gap is not None and found.gap >= GAP
    numbers: dict[str, float | None] = {
        "best_other_word": second,
        "median_other_words": found.median,
        "mad_other_words": found.mad,
    }
    if on_base is not None:
        numbers["base_same_word"] = on_base[0]
        beyond = beyond and found.top - on_base[0] >= GAP
    what = "margins of all other words, the best of them chosen in the same way"
    what += "; the same word on the base" if on_base is not None else ""
    return Control(what=what, numbers=numbers, beyond=beyond)


def _summary(data: GuessScanData, control: Control) -> str:
    best, part = data.top[0], f"{data.share_scanned:.0%} of {data.vocabulary_size} vocabulary words"
    gap = "" if data.gap_to_second is None else f", {data.gap_to_second:.2f} above the next word"
    z = "" if best.z is None else f", z {best.z:.1f}"
    covered = f"Guessed {data.scanned} words ({part})"
    if control.beyond:
        return f"{covered}: the target confirms “{best.word}” (margin {best.margin:+.2f}{gap}{z})."
    return (
        f"{covered}: no effect beyond control. The best is “{best.word}” "
        f"(margin {best.margin:+.2f}{gap}{z}); {data.n_positive} words have a margin above 0."
    )


def _warnings(data: GuessScanData, args: GuessScanArgs) -> list[str]:
    out = []
    if data.share_scanned < 1:
        out.append(
            f"words outside the {data.scanned} scanned cannot be found; "
            f"go on with offset={args.offset + args.limit} or give words"
        )
    if data.n_positive > data.scanned / 20:
        out.append(f"the target confirms {data.n_positive} words: its yes means little here")
    return out
