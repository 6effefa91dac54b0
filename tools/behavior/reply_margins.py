"""How much rather a model confirms than denies, for many guesses that share most of a prompt."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..engine.prefix import shared_prefix_logits
from ..model import Model
from ..spec import Refusal
from ..workbench import Workbench
from .answers import opposed_tokens, reply_ids

BATCH = 128


@dataclass(frozen=True)
class Pair:
    """A confirming and a denying reply that open with the same tokens.

    Attributes:
        shared: Tokens that both open with; they cancel in the difference.
        confirm: The rest of the confirming reply, at least one token.
        deny: The rest of the denying reply, at least one token.
    """

    shared: tuple[int, ...]
    confirm: tuple[int, ...]
    deny: tuple[int, ...]

    def stems(self) -> list[tuple[int, ...]]:
        """What a prompt goes on with before each token that is scored, the shared part first."""
        longer = [r[:i] for r in (self.confirm, self.deny) for i in range(1, len(r))]
        return [(*self.shared, *own) for own in dict.fromkeys([(), *longer])]


def sharing_pair(model: Model, confirm: str, deny: str) -> Pair | None:
    """The two replies from where they part, or None where they differ from the first token on.

    Raises:
        Refusal: `bad_args`, if one reply is the beginning of the other.
    """
    yes, no = reply_ids(model, confirm), reply_ids(model, deny)
    same = 0
    while same < min(len(yes), len(no)) and yes[same] == no[same]:
        same += 1
    if same == 0:
        return None
    if same == min(len(yes), len(no)):
        raise Refusal(
            "bad_args",
            f"one of “{confirm}” and “{deny}” is the beginning of the other",
            "choose replies of which neither goes on from the other, such as Yes and No",
        )
    return Pair(tuple(yes[:same]), tuple(yes[same:]), tuple(no[same:]))


def reply_margins(
    bench: Workbench,
    model: Model,
    prompts: Sequence[list[int]],
    *,
    confirm: str,
    deny: str,
    spare: int,
) -> list[float]:
    """Log p(confirm) - log p(deny) after each prompt, nats.

    By the first token, with its forms in other cases, where the two differ there; else by the whole
    replies, token by token.

    Args:
        bench: Whose meter and progress are used.
        model: Target or base.
        prompts: Token ids that end with the assistant's header.
        confirm: The confirming reply.
        deny: The denying reply.
        spare: Prompts that join whatever limit is chosen; the hint leaves room for them.

    Raises:
        Refusal: `over_budget`, before anything runs, with the limit that fits.
    """
    pair = sharing_pair(model, confirm, deny)
    prefix, suffixes = split_prefix(prompts)
    stems = pair.stems() if pair else [()]
    extra = sum(map(len, stems))
    need = len(prefix) + sum(len(stems) * len(s) + extra for s in suffixes)
    left = bench.meter.left()
    if left is not None and need > left:
        each = len(stems) * max(map(len, suffixes)) + extra
        fits = (left - len(prefix)) // each - spare
        raise Refusal(
            "over_budget",
            f"{len(prompts)} words take {need} tokens, {left} are left",
            f"limit={fits} fits" if fits > 0 else "nothing fits: conclude",
        )
    return bench.once(
        model,
        "margins 1",
        [[*prompts], confirm, deny],
        lambda: _margins(bench, model, prefix, suffixes, pair, (confirm, deny)),
    )


def _margins(
    bench: Workbench,
    model: Model,
    prefix: list[int],
    suffixes: list[list[int]],
    pair: Pair | None,
    replies: tuple[str, str],
) -> list[float]:
    stems = pair.stems() if pair else [()]
    yes, no = ([], []) if pair else opposed_tokens(model, [replies[0]], [replies[1]])
    keep = [*dict.fromkeys([*pair.confirm, *pair.deny])] if pair else yes + no
    scores = shared_prefix_logits(
        model,
        prefix,
        [[*suffix, *stem] for stem in stems for suffix in suffixes],
        keep=keep,
        log_probs=pair is not None,
        batch=BATCH,
        on_progress=lambda done, total: bench.progress(done, total, "guesses"),
    ).double()
    if pair:
        by_stem = dict(zip(stems, scores.split(len(suffixes)), strict=True))
        sums = [_summed(by_stem, pair.shared, rest, keep) for rest in (pair.confirm, pair.deny)]
        return [float(margin) for margin in sums[0] - sums[1]]
    given = torch.logsumexp(scores[:, : len(yes)], dim=-1)
    return [float(m) for m in given - torch.logsumexp(scores[:, len(yes) :], dim=-1)]


def _summed(
    by_stem: dict[tuple[int, ...], Float[Tensor, "seq k"]],
    shared: tuple[int, ...],
    rest: tuple[int, ...],
    keep: list[int],
) -> Float[Tensor, "seq"]:
    """Log p of a reply's rest after each prompt and the shared part."""
    tokens = [by_stem[(*shared, *rest[:i])][:, keep.index(t)] for i, t in enumerate(rest)]
    return torch.stack(tokens).sum(0)


def split_prefix(prompts: Sequence[list[int]]) -> tuple[list[int], list[list[int]]]:
    """The longest common start of all prompts, and what follows it in each (never empty)."""
    shortest = min(prompts, key=len)
    shared = 0
    while shared < len(shortest) - 1 and len({prompt[shared] for prompt in prompts}) == 1:
        shared += 1
    return list(shortest[:shared]), [list(prompt[shared:]) for prompt in prompts]
