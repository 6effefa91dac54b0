"""Claims that go further than the evidence of the same document."""

WRITTEN = {
    "overclaim": "a certainty that the data do not give",
    "cause-from-correlation": "an effect where there was no intervention",
    "scope-widened": "all models, from one",
    "direction-flipped": "the text says higher where the figures say lower",
}
