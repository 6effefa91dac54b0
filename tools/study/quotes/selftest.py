"""How often the check is right on a text of one's own: genuine spans, and spans with one change.

Genuine spans are written as people and language models write them (spaces run together, quotation
marks and dashes as on a keyboard, ligatures spelt out), by simple rules of their own that share
nothing with the readings that are tested.
"""

import random
import re
from collections.abc import Callable, Mapping

from pydantic import Field

from ...spec import Frozen
from .check import verify
from .projections import Source

_SENTENCE = re.compile(r"(?<![\w{\\])[A-Z“\"(](?:[^.!?\n]|[.!?](?=\S)|\n(?!\s*\n))*[.!?](?=\s|$)")
_TYPED = {
    "“": '"',
    "”": '"',
    "’": "'",
    "‘": "'",
    "—": "-",
    "–": "-",
    "ﬁ": "fi",
    "ﬂ": "fl",
    "ﬀ": "ff",
}


class Rate(Frozen):
    """How many spans of a kind were accepted.

    Attributes:
        kind: `genuine`, or what was changed.
        tried: Spans.
        accepted: Of them.
        examples: Up to three that went wrong.
    """

    kind: str
    tried: int = Field(ge=0)
    accepted: int = Field(ge=0)
    examples: list[str] = Field(default_factory=list)


def selftest(texts: Mapping[str, str], per_kind: int = 100, seed: int = 0) -> list[Rate]:
    """Try genuine and corrupted spans of some texts.

    Args:
        texts: By name.
        per_kind: Spans of each kind.
        seed: Of the draws.

    Returns:
        One rate for genuine spans, one for each kind of corruption.
    """
    sources = {name: Source(text) for name, text in texts.items()}
    flat = " ".join(" ".join(text.split()) for text in texts.values()).casefold()
    spans = [span for text in texts.values() for span in sentences(text)]
    rng = random.Random(f"quote selftest|{seed}")
    words = sorted({w for span in spans for w in re.findall(r"[a-z]{4,}", span)})
    names = sorted({w for span in spans for w in re.findall(r"(?<=[a-z,] )[A-Z][a-z]{2,}", span)})
    rates = [_genuine(spans, sources, rng, per_kind)]
    for kind, corrupt in _kinds(words, names).items():
        tried, wrong = 0, []
        for _ in range(per_kind * 20 if spans else 0):
            if tried == per_kind:
                break
            span = typed(rng.choice(spans))
            changed = corrupt(span, rng)
            # What the text says anyway, somewhere, is no corruption.
            if changed is None or changed == span or changed.casefold().rstrip(".") in flat:
                continue
            tried += 1
            if verify(changed, sources) is not None:
                wrong.append(changed)
        rates.append(Rate(kind=kind, tried=tried, accepted=len(wrong), examples=wrong[:3]))
    return rates


def sentences(text: str) -> list[str]:
    """Sentences of 6 to 60 words, without headings, tables and commands."""
    found = [m.group(0) for m in _SENTENCE.finditer(text)]
    return [s for s in found if 6 <= len(s.split()) <= 60 and not re.search(r"[|<>]|^\\", s)]


def typed(span: str) -> str:
    """A span as somebody types it off the page."""
    joined = re.sub(r"(?<=[a-z])-\n(?=[a-z])", "", span)
    for typeset, plain in _TYPED.items():
        joined = joined.replace(typeset, plain)
    joined = re.sub(r"\\(?:emph|textbf|textit|texttt)\{([^{}]*)\}", r"\1", joined)
    joined = re.sub(r"~?\\(?:cite[pt]?|ref|label)\{[^}]*\}", "", joined)
    joined = joined.replace("\\%", "%").replace("``", '"').replace("''", '"').replace("~", " ")
    return " ".join(re.sub(r"[$]", "", joined).split())


def _genuine(
    spans: list[str], sources: Mapping[str, Source], rng: random.Random, count: int
) -> Rate:
    tried = [typed(rng.choice(spans)) for _ in range(count)] if spans else []
    # Half of them are parts of sentences, as quotations are.
    tried = [_part(span, rng) if n % 2 else span for n, span in enumerate(tried)]
    missed = [span for span in tried if verify(span, sources) is None]
    return Rate(
        kind="genuine", tried=len(tried), accepted=len(tried) - len(missed), examples=missed[:3]
    )


def _part(span: str, rng: random.Random) -> str:
    words = span.split()
    length = rng.randint(5, len(words))
    start = rng.randint(0, len(words) - length)
    return " ".join(words[start : start + length])


Corrupt = Callable[[str, random.Random], str | None]


def _kinds(words: list[str], names: list[str]) -> dict[str, Corrupt]:
    def negation(span: str, rng: random.Random) -> str | None:
        if re.search(r"\bnot ", span):
            return re.sub(r"\bnot ", "", span, count=1)
        places = list(re.finditer(r"\b(?:is|are|was|were|does|do|can|will|has|have) ", span))
        if not places:
            return None
        place = rng.choice(places).end()
        return f"{span[:place]}not {span[place:]}"

    def digit(span: str, rng: random.Random) -> str | None:
        places = [m.start() for m in re.finditer(r"\d", span)]
        if not places:
            return None
        at = rng.choice(places)
        other = rng.choice([d for d in "0123456789" if d != span[at]])
        return span[:at] + other + span[at + 1 :]

    def decimal(span: str, rng: random.Random) -> str | None:
        places = [m.start() for m in re.finditer(r"(?<=\d)\.(?=\d)", span)]
        if places:
            at = rng.choice(places)
            return span[: at - 1] + "." + span[at - 1] + span[at + 1 :]
        numbers = list(re.finditer(r"\d\d+", span))
        if not numbers:
            return None
        at = rng.choice(numbers).end() - 1
        return f"{span[:at]}.{span[at:]}"

    def word(span: str, rng: random.Random) -> str | None:
        parts = list(re.finditer(r"\b[a-z]{4,}\b", span))
        if not parts:
            return None
        chosen = rng.choice(parts)
        return span[: chosen.start()] + rng.choice(words) + span[chosen.end() :]

    def name(span: str, rng: random.Random) -> str | None:
        parts = list(re.finditer(r"(?<=[a-z,] )[A-Z][a-z]{2,}", span))
        if not parts or len(names) < 2:
            return None
        chosen = rng.choice(parts)
        other = rng.choice([n for n in names if n != chosen.group(0)])
        return span[: chosen.start()] + other + span[chosen.end() :]

    def clause(span: str, rng: random.Random) -> str | None:
        parts = span.split()
        if len(parts) < 9:
            return None
        length = rng.randint(2, min(5, len(parts) - 6))
        start = rng.randint(2, len(parts) - length - 2)
        return " ".join(parts[:start] + parts[start + length :])

    return {
        "negation": negation,
        "digit": digit,
        "decimal": decimal,
        "word": word,
        "name": name,
        "dropped clause": clause,
    }
