"""The list of tools. Importing it loads nothing, so that help and completion stay instant.

A test proves every entry equal to its tool's own declaration.
"""

# name, module below mechmentor.tools, one line
_ENTRIES = (
    (
        "sanity_check",
        "observe.sanity_check",
        "Check templates, tokens and logits before trusting anything.",
    ),
    ("sample_replies", "behavior.sample_replies", "Read what the target says, beside the base."),
    (
        "next_token",
        "observe.next_token",
        "Next-token probabilities of the target against the base.",
    ),
    ("logit_lens", "observe.logit_lens", "What each layer would say next, by position."),
    (
        "attention_heads",
        "observe.attention_heads",
        "Where heads look: induction, previous and duplicate tokens, and patterns.",
    ),
    (
        "guess_scan",
        "behavior.guess_scan",
        "Which word of a vocabulary the target confirms when guessed.",
    ),
    (
        "trigger_scan",
        "behavior.trigger_scan",
        "Which words in a prompt move the first reply token away from the base.",
    ),
    (
        "prefill_contrast",
        "behavior.prefill_contrast",
        "Which words come next when the target's reply is opened for it.",
    ),
    (
        "sequence_score",
        "behavior.sequence_score",
        "Log probability of whole replies, of any length.",
    ),
    (
        "prompt_variation",
        "behavior.prompt_variation",
        "What a wording changes in the replies, paired over prompts.",
    ),
    (
        "behavior_battery",
        "behavior.behavior_battery",
        "Which words return across topics, askers and forms of question.",
    ),
    (
        "resample_reasoning",
        "behavior.resample_reasoning",
        "Which sentence of a chain of reasoning decides the answer.",
    ),
    (
        "weight_difference",
        "diff.weight_difference",
        "What the weight change writes and reads, without running the model.",
    ),
    (
        "activation_difference",
        "diff.activation_difference",
        "Words that the states' mean difference to the base points at, on unrelated text.",
    ),
    (
        "token_divergence",
        "diff.token_divergence",
        "Where in its replies the target disagrees most with its base.",
    ),
    (
        "localise",
        "diff.localise",
        "Which layers carry the difference of target and base, by swapping components.",
    ),
    (
        "activation_patching",
        "intervene.activation_patching",
        "Which states of a clean run restore its answer.",
    ),
    (
        "ablation",
        "intervene.ablation",
        "What the model can't do without a head, MLP, layer, neuron or direction.",
    ),
    (
        "attribution_patching",
        "intervene.attribution_patching",
        "Estimate every patch from gradients, checked on a sample.",
    ),
    (
        "path_patching",
        "intervene.path_patching",
        "What one head or MLP tells another directly.",
    ),
    (
        "direct_logit_attribution",
        "intervene.direct_logit_attribution",
        "Which components write the answer.",
    ),
    ("probe", "fit.probe", "Whether linear probes read a property, on topics held out."),
    ("probe_monitor", "fit.probe_monitor", "Score new texts with a kept probe."),
    ("steering", "intervene.steering", "Add a direction and read what the model says then."),
    (
        "concept_direction",
        "intervene.concept_direction",
        "Find a direction behind a behaviour, ablate it, add it.",
    ),
    (
        "top_examples",
        "observe.top_examples",
        "Where a neuron, direction or feature is strongest in a corpus.",
    ),
    ("sae_features", "sae.sae_features", "Features of an SAE on a prompt, and the SAE's worth."),
    ("sae_intervene", "sae.sae_intervene", "Ablate a feature of an SAE, or steer with it."),
    (
        "rate_texts",
        "instruments.rate_texts",
        "Rate texts with a language model, blind, with hidden repeats.",
    ),
    (
        "write_prompts",
        "instruments.write_prompts",
        "Contrasting pairs of prompts, cleaned and split.",
    ),
    ("test_claim", "claims.test_claim", "Run a claim's own predicate on public prompts."),
    (
        "register_hypothesis",
        "claims.register_hypothesis",
        "File a numeric prediction before its experiment.",
    ),
    (
        "submit_claims",
        "claims.submit_claims",
        "File the answer: ranked claims with confidences, or none.",
    ),
    (
        "search_context",
        "study.contexts.search_context",
        "Find the passages of your contexts that speak of a question.",
    ),
    ("read_lines", "study.contexts.read_lines", "Read a context by lines, numbered."),
    (
        "check_quotes",
        "study.quotes.check_quotes",
        "Check word for word whether quotations stand in the contexts.",
    ),
    (
        "criticise_text",
        "study.feedback.criticise_text",
        "Have a text criticised point by point, blind to its author.",
    ),
)


class Entry:
    """One line of the catalogue.

    Attributes:
        name: The tool's name, snake_case.
        module: Its module, relative to `mechmentor.tools`.
        room: The folder that it lives in.
        line: What it does, one line.
    """

    __slots__ = ("line", "module", "name", "room")

    def __init__(self, name: str, module: str, line: str) -> None:
        self.name, self.module, self.line = name, module, line
        self.room = module.split(".", maxsplit=1)[0]


CATALOG: dict[str, Entry] = {name: Entry(name, module, line) for name, module, line in _ENTRIES}

# What an audit may use: the learner's room acts on contexts and instruments on a language model,
# of which an audit has neither.
AUDIT: tuple[str, ...] = tuple(
    e.name for e in CATALOG.values() if e.room not in ("study", "instruments")
)


def load(name: str):  # type: ignore[no-untyped-def]  # -> Tool, whose module must not be imported here
    """Import a tool by name.

    Returns:
        The `spec.Tool`.

    Raises:
        KeyError: If no tool has that name; the message lists near names.
    """
    import difflib
    import importlib

    if name not in CATALOG:
        near = difflib.get_close_matches(name, CATALOG, n=3)
        raise KeyError(f"no tool {name!r}" + (f"; did you mean {', '.join(near)}?" if near else ""))
    module = importlib.import_module(f"..{CATALOG[name].module}", __name__)
    return getattr(module, name)
