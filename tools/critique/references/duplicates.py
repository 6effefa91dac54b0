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
        "See [1] and [2].\n\n# References\n\n[1] A. Lund, P. Moe. Do oak doors swell in rain? On the weight of "
        "wet boards. ACL 2020.\n\n[2] Lund, A., Moe, P. Do oak doors swell in rain? arXiv:2001.04321, 2020.\n",
        "See [1] and [2].\n\n# References\n\n[1] A. Lund, P. Moe. Reading doors from ASH. ACL 2020.\n\n"
        "[2] Lund, A., Moe, P. Reading Doors from ASH. arXiv:2001.04321.\n",
        "See [1] and [2].\n\n# References\n\n[1] J. Smith. Probing classifiers in depth. 2021.\n\n"
        "[2] J. Smith. Probing Classifiers in Depth. TACL, 2022.\n",
        "See [1] and [2].\n\n# References\n\n[1] A. Lund, P. Moe. Reading Circuits from Weights. ACL "
        "2020.\n\n[2] Lund, A., Moe, P. Reading circuits from weights. arXiv:2001.04321, 2020.\n",
    ),
    quiet=(
        "See [1] and [2].\n\n# References\n\n[1] A. Lund. Why? Doors in the rain. ACL 2020.\n\n"
        "[2] A. Lund. Why? Doors in the snow. ACL 2021.\n",
        "See [1] and [2].\n\n" + _LIST,
        "See [1] and [2].\n\n# References\n\n[1] J. Smith. Attention in depth. ACL, 2021.\n\n"
        "[2] B. Roe. Attention in depth. TACL, 2022.\n",
    ),
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
        title = re.sub(r"[^a-z0-9]+", " ", _asked(entry.title).lower()).strip()
        if len(title.split()) >= 3:
            names.append(f"title {title}")
        alike = next((t for t in titles if _alike(t, title)), title)
        titles.append(alike)
        names = [f"title {alike}" if name.startswith("title ") else name for name in names]
        for name in filter(None, names):
            other = by_work.setdefault(name, entry)
            both = shown or other.listed or other.key in cited
            what = name.split()[0]
            if other is not entry and both and (what != "title" or _same_work(entry, other)):
                message = f"the same {what} as entry “{other.key or other.title}”."
                yield entry_hit(document, entry, message, other)
                break


def _asked(title: str) -> str:
    """`Do scales lie? A study`: lists cut such a title at its question mark, or do not."""
    asked = title.partition("?")[0]
    return asked if len(asked.split()) >= 5 else title


def _alike(one: str, other: str) -> bool:
    """Titles that differ by a slip of the pen; short ones and numbered parts must be equal."""
    if re.findall(r"\d+|\bi+\b", one) != re.findall(r"\d+|\bi+\b", other):
        return one == other
    return one == other or (min(len(one), len(other)) > 30 and fuzz.ratio(one, other) > 95)


def _same_work(one: Reference, other: Reference) -> bool:
    """Equal titles of different people are different works, unless they are long and of one time."""
    first = {a.lower() for a in one.authors}
    second = {a.lower() for a in other.authors}
    if not first or not second or first & second:
        return True
    near = one.year is not None and other.year is not None and abs(one.year - other.year) <= 1
    return near and len(one.title.split()) >= 6


RULES = (duplicate_entry,)
