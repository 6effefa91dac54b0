"""Works that are listed twice."""

import re
from collections.abc import Iterator

from rapidfuzz import fuzz

from ..document.model import Document, Reference
from ..rule import Hit, rule
from .entry_hits import entry_hit

_LIST = (
    "# References\n\n[1] J. Smith and A. Doe. Probing classifiers in depth. 2021.\n\n"
    "[2] B. Roe. Activation patching in practice. 2023.\n"
)


@rule(
    "duplicate-entry",
    "references",
    "the same work listed twice, or one key for two works",
    severity="minor",
    rationale="Two entries for one work count it twice; one key for two works cites the wrong one.",
    source="ACL Rolling Review author checklist",
    fix="Keep the published one, and point both citations at it.",
    fires=(
        "See [1] and [2].\n\n# References\n\n[1] J. Smith. Probing classifiers in depth. 2021.\n\n"
        "[2] J. Smith. Probing Classifiers in Depth. TACL, 2022.\n",
        "See [1] and [2].\n\n# References\n\n[1] A. Lund, P. Moe. Reading Circuits from Weights. ACL "
        "2020.\n\n[2] Lund, A., Moe, P. Reading circuits from weights. arXiv:2001.04321, 2020.\n",
    ),
    quiet=("See [1] and [2].\n\n" + _LIST,),
)
def duplicate_entry(document: Document) -> Iterator[Hit]:
    """Compare identifiers, titles and keys."""
    cited = {c.key for c in document.citations}
    by_key: dict[str, Reference] = {}
    by_work: dict[str, Reference] = {}
    titles: list[str] = []
    for entry in document.references:
        shown = entry.listed or entry.key in cited
        earlier = by_key.get(entry.key) if entry.key else None
        if earlier:
            yield entry_hit(document, entry, f"the key “{entry.key}” is used twice.", earlier)
            continue
        by_key[entry.key] = entry
        names = [
            f"doi {entry.doi}" if entry.doi else "",
            f"arXiv {entry.arxiv}" if entry.arxiv else "",
        ]
        title = re.sub(r"[^a-z0-9]+", " ", entry.title.lower()).strip()
        if len(title.split()) >= 3:
            names.append(f"title {title}")
        alike = next((t for t in titles if _alike(t, title)), title)
        titles.append(alike)
        names = [f"title {alike}" if name.startswith("title ") else name for name in names]
        for name in filter(None, names):
            other = by_work.setdefault(name, entry)
            both = shown or other.listed or other.key in cited
            if other is not entry and both and _same_work(entry, other):
                what = name.split()[0]
                message = f"the same {what} as entry “{other.key or other.title}”."
                yield entry_hit(document, entry, message, other)
                break


def _alike(one: str, other: str) -> bool:
    """Titles that differ by a slip of the pen; short ones and numbered parts must be equal."""
    if re.findall(r"\d+|\bi+\b", one) != re.findall(r"\d+|\bi+\b", other):
        return one == other
    return one == other or (min(len(one), len(other)) > 30 and fuzz.ratio(one, other) > 95)


def _same_work(one: Reference, other: Reference) -> bool:
    """Equal titles of different people are different works."""
    first = {a.lower() for a in one.authors}
    second = {a.lower() for a in other.authors}
    return not first or not second or bool(first & second)


RULES = (duplicate_entry,)
