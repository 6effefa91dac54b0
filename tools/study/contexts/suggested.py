"""Readings to begin with: names and where to get them; nothing of them is shipped."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Suggested:
    """A reading.

    Attributes:
        name: One word.
        title: Title and first author.
        source: What `context add` takes, or the page to save.
    """

    name: str
    title: str
    source: str


SUGGESTED = (
    Suggested(
        "framework",
        "A Mathematical Framework for Transformer Circuits (Elhage)",
        "save https://transformer-circuits.pub/2021/framework/index.html",
    ),
    Suggested(
        "induction",
        "In-context Learning and Induction Heads (Olsson)",
        "2209.11895",
    ),
    Suggested(
        "ioi",
        "Interpretability in the Wild: Indirect Object Identification (Wang)",
        "2211.00593",
    ),
    Suggested(
        "superposition",
        "Toy Models of Superposition (Elhage)",
        "2209.10652",
    ),
    Suggested(
        "patching",
        "How to use and interpret activation patching (Heimersheim)",
        "2404.15255",
    ),
    Suggested(
        "rome",
        "Locating and Editing Factual Associations in GPT (Meng)",
        "2202.05262",
    ),
    Suggested(
        "refusal",
        "Refusal in Language Models Is Mediated by a Single Direction (Arditi)",
        "2406.11717",
    ),
    Suggested(
        "gemmascope",
        "Gemma Scope: Open Sparse Autoencoders (Lieberum)",
        "2408.05147",
    ),
    Suggested(
        "saes",
        "Sparse Autoencoders Find Highly Interpretable Features (Cunningham)",
        "2309.08600",
    ),
    Suggested(
        "attribution",
        "Circuit Tracing: Revealing Computational Graphs (Ameisen)",
        "save https://transformer-circuits.pub/2025/attribution-graphs/methods.html",
    ),
    Suggested(
        "grokking",
        "Progress measures for grokking via mechanistic interpretability (Nanda)",
        "2301.05217",
    ),
    Suggested(
        "steering",
        "Steering Language Models With Activation Engineering (Turner)",
        "2308.10248",
    ),
    Suggested(
        "truth",
        "The Geometry of Truth (Marks)",
        "2310.06824",
    ),
    Suggested(
        "auditing",
        "Auditing language models for hidden objectives (Marks)",
        "2503.10965",
    ),
    Suggested(
        "taboo",
        "Towards eliciting latent knowledge from LLMs (Cywinski)",
        "2505.14352",
    ),
    Suggested(
        "misalignment",
        "Emergent Misalignment (Betley)",
        "2502.17424",
    ),
    Suggested(
        "openproblems",
        "Open Problems in Mechanistic Interpretability (Sharkey)",
        "2501.16496",
    ),
)
