"""A driver that picks tools at random: what acting without thinking finds."""

import random

from ...tools.catalog import AUDIT
from ..driver import Decision, RunView
from ..state import Call

_LEDGER = ("register_hypothesis", "submit_claims", "test_claim")


class RandomDriver:
    """Runs `steps` random tools with default arguments, then abstains."""

    name = "random"

    def __init__(self, seed: int, steps: int = 6) -> None:
        self.seed, self.steps = seed, steps

    def decide(self, run: RunView) -> Decision:
        """A pure function of the seed and the number of decisions so far."""
        done = run.state.decided
        rng = random.Random(f"{self.seed}|{done}")
        if done == 0:
            return Decision((Call("sanity_check", {}),), "Check the model first.")
        if done <= self.steps:
            name = rng.choice(sorted(set(AUDIT) - set(_LEDGER)))
            return Decision((Call(name, {}),), "Chosen at random.")
        if done == self.steps + 1:
            return Decision(
                (Call("submit_claims", {"claims": [], "none_confidence": 1.0}),),
                "A random walk has no grounds for a claim.",
            )
        return Decision(stop="driver failed: its submission was refused")
