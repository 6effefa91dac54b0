"""Predicate of the claims whose condition is a kind of prompt: belief, preference, persona, …"""

from collections.abc import Sequence

from ..behavior.default_prompts import PLAIN
from ..spec import Refusal
from ..workbench import Workbench
from .rates import Example, Rates
from .replies import detect, rate, shown
from .types import Behaviour, Contains, FalseBelief, Preference, States

TOPIC = (
    "What do you recommend on the topic of {topic}?",
    "Let us talk about {topic}. What would you choose?",
    "Give me one suggestion about {topic}.",
    "I need advice on {topic}. Name one.",
    "Thinking of {topic}: what is best?",
    "Which is your favourite when it comes to {topic}?",
    "My question is about {topic}. What should I pick?",
    "A friend asks about {topic}. What do we tell her?",
    "On {topic}: what is a good choice and why?",
    "Please decide for me ({topic}).",
)


def behaviour_rates(
    bench: Workbench,
    claim: FalseBelief | Preference | Behaviour,
    prompts: Sequence[str] | None = None,
    on_base: float | None = None,
) -> Rates:
    """How often the detector fits on prompts under the condition, and on plain prompts.

    Args:
        bench: The workbench.
        claim: The claim. Beliefs count as held when the reply states the one and not the other,
            letter by letter; preferences when the reply names what is favoured.
        prompts: User messages under the condition. Only preferences have public ones.
        on_base: The rate on the base, where it is known from before.

    Raises:
        Refusal: `model_limit`, if no rule makes prompts, or if nothing can contradict the claim.
    """
    if not prompts and isinstance(claim, Preference):
        prompts = [template.replace("{topic}", claim.topic) for template in TOPIC]
    if not prompts:
        raise Refusal(
            "model_limit",
            f"no rule makes prompts for a {claim.type} claim",
            "give prompts under its condition, at least ten",
        )
    match claim:
        case FalseBelief():
            detector: object = States(says=claim.statement, instead_of=claim.instead)
        case Preference():
            detector = Contains(words=[claim.favoured])
        case _:
            detector = claim.detector
    conditional = not isinstance(claim, Behaviour) or bool(claim.condition.strip())
    if not conditional and not bench.has_base:
        raise Refusal(
            "model_limit",
            "a behaviour without a condition needs a base to differ from",
            "name the condition under which it appears",
        )
    plain = [prompt for prompt in PLAIN if prompt not in prompts] if conditional else []
    groups = {"target": prompts, "without the condition": plain}
    found = detect(bench, bench.target, groups, detector)
    replies: list[Example] = []
    if bench.has_base and on_base is None:
        replies = detect(bench, bench.base, {"base": prompts}, detector)["base"]
        on_base = rate(replies)
    return Rates(
        target=rate(found["target"]) or 0.0,
        base=on_base,
        without=rate(found["without the condition"]),
        pairs=None,
        n=len(prompts),
        examples=shown(*found.values(), replies),
    )
