"""Sparse autoencoders and transcoders."""

import re
from collections.abc import Iterator

from ..document.model import Document
from ..rule import Hit, at, rule


@rule(
    "sae-loss",
    "interpretability",
    "a trained sparse autoencoder without the loss it recovers",
    severity="major",
    rationale="Explained variance can be high while the model breaks; what counts is its loss with "
    "the reconstruction put in.",
    source="Bricken et al. 2023, Towards monosemanticity; Gao et al. 2024: arXiv 2406.04093",
    fix="Report the loss recovered (against zero or mean ablation), beside PCA with as many components.",
    fires=(
        "We train a sparse autoencoder with 2304 latents at layer 12. It explains 89.5% of the variance "
        "with 32 active latents.",
        "Our SAE was trained on 10M tokens and has an L0 of 32.",
    ),
    quiet=(
        "We train a sparse autoencoder with 2304 latents; with it spliced in, 96.8% of the loss is "
        "recovered, PCA-32 recovers 77.2%.",
        "We use the pretrained SAEs of Gemma Scope.",
        "Others train sparse autoencoders [1].",
        "We train an SAE; the cross-entropy rises from 3.1 to 3.3 when it is put in.",
    ),
)
def sae_loss(document: Document) -> Iterator[Hit]:
    """Own training, and nothing about the model's loss or output with the reconstruction."""
    if document.has(
        r"loss[- ]recovered|recover\w* (?:\w+ ){0,4}(?:of the )?loss|of the loss|cross-?entropy|\bCE\b|downstream loss|"
        r"(?:next-token|model'?s?|language[- ]modell?ing|LM) loss|delta loss|Δ ?loss|\bKL\b|perplexity|splic|"
        r"loss (?:added|increase|rises|degradation)|fidelity"
    ):
        return
    for sentence, match in document.find(
        r"\b(?:we (?:\w+ )?(?:train|trained|learn|learned|fit)\b[^.]{0,50}?\b(?:sparse autoencoders?|SAEs?|transcoders?|"
        r"dictionar(?:y|ies))|\bour (?:\w+ )?(?:SAEs?|sparse autoencoders?|transcoders?)\b[^.]{0,40}\btrained)"
    ):
        if sentence.section == "related" or re.search(
            r"\[\d+\]|et al|\[cite|future|pre-?trained", sentence.text
        ):
            continue
        yield at(sentence, "nothing says what the model's loss is with the reconstruction put in.",
                 match.start())  # fmt: skip
        return


RULES = (sae_loss,)
