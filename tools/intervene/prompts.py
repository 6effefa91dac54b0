"""The arguments by which causal tools are told their pairs of prompts."""

import torch
from pydantic import Field

from ..spec import Args, Refusal
from ..workbench import Workbench
from .pair import Pair, make_pair
from .pair_effects import Direction
from .pairs.choose import choose_pairs

_LEAST = 1e-3  # a difference of the metric below this cannot be divided by


class PromptArgs(Args):
    """Pairs of prompts of equal token length, with their answers."""

    pairs: str = Field(
        "",
        max_length=400,
        description="capitals, indirect_objects, agreement, repeated, or a .jsonl file of pairs; "
        "empty: the two prompts below",
    )
    count: int = Field(4, ge=1, le=32, description="Most pairs of a builder or file")
    clean: str = Field(
        "Unlike Italy, the country of France has its capital in",
        max_length=2000,
        description="Prompt whose answer is `answer`",
    )
    corrupted: str = Field(
        "Unlike France, the country of Italy has its capital in",
        max_length=2000,
        description="Prompt of as many tokens whose answer is `wrong`",
    )
    answer: str = Field(" Paris", description="What follows `clean`; mind the leading space")
    wrong: str = Field(" Rome", description="What follows `corrupted`")
    chat: bool = Field(False, description="Wrap both prompts in the chat template")
    direction: Direction = Field(
        "denoising", description="denoising: clean values into the corrupted run; or the reverse"
    )


def given_pairs(
    bench: Workbench, args: PromptArgs, generator: torch.Generator
) -> tuple[list[Pair], list[str]]:
    """The pairs, all of one length, and warnings.

    Raises:
        Refusal: `bad_args` or `no_access`.
    """
    if args.pairs:
        return choose_pairs(bench, args.pairs, args.count, chat=args.chat, generator=generator)
    pair, warnings = make_pair(
        bench.target, args.clean, args.corrupted, args.answer, args.wrong, chat=args.chat
    )
    return [pair], warnings


def check_scale(clean: float, corrupted: float) -> float:
    """clean − corrupted, by which effects are divided.

    Raises:
        Refusal: `numerical`, if it is too small.
    """
    if not abs(clean - corrupted) >= _LEAST:
        raise Refusal(
            "numerical",
            f"clean and corrupted prompt give the same difference ({clean:.3g})",
            "choose prompts or answers that this model tells apart",
        )
    return clean - corrupted
