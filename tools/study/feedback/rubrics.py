"""What a good account of each core technique covers: question, procedure, control, pitfalls."""

RUBRICS: dict[str, tuple[str, ...]] = {
    "activation patching": (
        "what runs are compared (clean, corrupted) and that prompts have equal token counts",
        "which activation is replaced, where, and by what",
        "the metric and how it is normalised",
        "noising and denoising answer different questions",
        "a control: unpatched runs and the same patch on unrelated prompts",
        "that backup components and off-distribution states can mislead",
    ),
    "linear probes": (
        "what is predicted from which activation at which token",
        "how layer and regularisation were chosen, on what data",
        "a held-out split that shares no topic or template",
        "a control: shuffled labels with the same choices, or a control task",
        "that decodable does not mean used",
    ),
    "steering vectors": (
        "how the direction was made and from which tokens and layer",
        "the whole sweep of coefficients, not the one that works",
        "a control: random directions of the same norm and a system prompt",
        "that fluency falls with the coefficient, and how it was measured",
    ),
    "sparse autoencoders": (
        "the reconstruction target, width and sparsity",
        "loss recovered beside explained variance, against PCA of the same size",
        "dead features and the first position",
        "how features were interpreted, with random ones beside",
        "that a feature's name is a hypothesis",
    ),
    "maximum activating examples": (
        "which neuron, direction or feature, at which layer, over which corpus",
        "examples across the range, not only the top",
        "a control: random examples and a random rotation",
        "that a neuron may have several meanings",
    ),
    "attribution": (
        "what the logit is split into and that the parts sum to it",
        "the final norm and how it was treated",
        "direct effects are not all effects",
        "for gradients: a first-order approximation, checked against true patching on a sample",
    ),
    "logit lens": (
        "the residual stream read through final norm and unembedding",
        "that early layers need not speak the output's language",
        "a control: other words, other prompts, or the base",
        "what it means if the answer shows late",
    ),
    "ablation": (
        "what is ablated and with what (zero, mean, resample)",
        "a control: random components of the same kind and number",
        "that zero is off the distribution",
        "that redundancy can hide a component's role",
    ),
}
