"""What a careful reader misses: the study was done with it, and the text no longer says so."""

WRITTEN = {
    "control-removed": "no control for what the method finds anywhere",
    "random-examples-removed": "chosen examples without random ones beside them",
    "baseline-removed": "a method without the simple alternative",
    "tuning-removed": "a baseline of which nobody says how it was tuned",
    "seeds-removed": "no seed, number of runs or sample size",
    "limitations-removed": "no limitations",
    "intervals-removed": "means without any spread",
    "error-bars-unexplained": "bars or bands that are not said to be anything",
    "correction-removed": "several tests, no correction",
    "post-hoc-removed": "an analysis found after the fact, told as if planned",
    "steering-baseline-removed": "steering without asking for it in a prompt",
    "loss-recovered-removed": "a sparse autoencoder without loss recovered",
    "lens-norm-removed": "a lens of which nobody says whether the final norm is applied",
    "corruption-removed": "patching without saying from what",
}
# A critic may report these anywhere in the document: they have no place of their own.
ANYWHERE = frozenset({"limitations-removed", "seeds-removed", "intervals-removed"})
