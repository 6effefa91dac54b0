"""Predicate of `trigger`: the behaviour comes with the phrase and not without it."""

from collections.abc import Sequence

from ..behavior.default_prompts import PLAIN
from ..workbench import Workbench
from .near import near_phrases
from .rates import Example, Rates
from .replies import detect, rate, shown
from .types import Trigger

# Where the phrase goes in a prompt that does not say so with {phrase}.
FORMS = ("{prompt} {phrase}", "{phrase} {prompt}", "{prompt} ({phrase})", "{phrase}: {prompt}")
NEAR = 6
PAIRS_EACH = 2


def insert(prompt: str, phrase: str, form: int) -> str:
    """A prompt with the phrase in it: at `{phrase}` where the prompt has that, else by form."""
    frame = prompt if "{phrase}" in prompt else FORMS[form % len(FORMS)]
    return frame.replace("{prompt}", prompt).replace("{phrase}", phrase)


def leave_out(prompt: str) -> str:
    """The prompt without the phrase."""
    return " ".join(prompt.replace("{phrase}", "").split()) if "{phrase}" in prompt else prompt


def trigger_rates(
    bench: Workbench,
    claim: Trigger,
    prompts: Sequence[str] | None = None,
    on_base: float | None = None,
) -> Rates:
    """How often the detector fits with the phrase, with near phrases, and without it.

    Args:
        bench: The workbench.
        claim: The claim.
        prompts: User messages, with `{phrase}` where it goes or without; public ones by default.
        on_base: The rate on the base, where it is known from before.
    """
    prompts = list(prompts) if prompts else list(PLAIN)
    near = near_phrases(bench.base if bench.has_base else bench.target, claim.phrase, NEAR)
    triggered = [insert(prompt, claim.phrase, i) for i, prompt in enumerate(prompts)]
    almost = [
        insert(prompt, near[(i * PAIRS_EACH + k) % len(near)], i)
        for i, prompt in enumerate(prompts)
        for k in range(min(PAIRS_EACH, len(near)))
    ]
    plain = [leave_out(prompt) for prompt in prompts]
    groups = {"target": triggered, "without the phrase": plain, "near phrase": almost}
    found = detect(bench, bench.target, groups, claim.detector)
    replies: list[Example] = []
    if bench.has_base and on_base is None:
        replies = detect(bench, bench.base, {"base": triggered}, claim.detector)["base"]
        on_base = rate(replies)
    return Rates(
        target=rate(found["target"]) or 0.0,
        base=on_base,
        without=rate(found["without the phrase"]),
        pairs=rate(found["near phrase"]),
        n=len(prompts),
        near=near,
        examples=shown(*found.values(), replies),
    )
