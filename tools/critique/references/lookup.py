"""Every entry looked up: found, differs, not found, published since."""

import difflib
import unicodedata
from collections.abc import Callable, Iterable
from typing import Literal

from ...spec import Frozen
from ..document.model import Reference
from .indexes import IndexDown, Indexes, Work, title_key

Verdict = Literal["found", "differs", "not found", "not asked"]


class Looked(Frozen):
    """What became of one entry.

    Attributes:
        key: The entry's key, or its title.
        file: File that holds it.
        line: Its line there.
        verdict: `not found` says only that these indexes do not list it.
        index: The index that has it, or those asked.
        differences: What differs, in words.
        published: Where the preprint has appeared since, or "".
        why: Why it was not asked.
    """

    key: str
    file: str
    line: int
    verdict: Verdict
    index: str = ""
    differences: tuple[str, ...] = ()
    published: str = ""
    why: str = ""

    def __str__(self) -> str:
        """One line."""
        name = f"{self.file}:{self.line}  {self.key}"
        if self.verdict == "not asked":
            return f"{name}: not asked ({self.why})"
        if self.verdict == "not found":
            return f"{name}: not found in {self.index} (this does not prove that it is not there)"
        said = f"{name}: found in {self.index}"
        if self.differences:
            said += "; differs in " + "; ".join(self.differences)
        return said + (f"; published since: {self.published}" if self.published else "")


def look_up(
    entries: Iterable[Reference], indexes: Indexes, progress: Callable[[str], None] = lambda _: None
) -> list[Looked]:
    """Look entries up, one after the other; three failures in a row end the asking."""
    found: list[Looked] = []
    failures = 0
    last = ""
    for entry in entries:
        name = entry.key or entry.title or entry.text[:40]
        progress(name)
        if failures >= 3:
            found.append(_looked(entry, name, "not asked", why=f"offline? {last}"))
            continue
        if not (entry.title or entry.doi or entry.arxiv):
            why = "no title, DOI or arXiv id could be read from it"
            found.append(_looked(entry, name, "not asked", why=why))
            continue
        try:
            found.append(_one(entry, name, indexes))
            failures = 0
        except IndexDown as error:
            failures, last = failures + 1, str(error)
            found.append(_looked(entry, name, "not asked", why=last))
    return found


def _looked(entry: Reference, name: str, verdict: Verdict, **more: object) -> Looked:
    return Looked(key=name, file=entry.file, line=entry.line, verdict=verdict, **more)


def _one(entry: Reference, name: str, indexes: Indexes) -> Looked:
    work = None
    asked = []
    if entry.arxiv:
        work = indexes.arxiv(entry.arxiv)
        asked.append("arXiv")
    if work is None and entry.doi:
        work = indexes.doi(entry.doi)
        asked.append("Crossref")
    identified = work is not None
    if work is None and entry.title:
        work = _best(entry, indexes.titled(entry.title))
        asked += ["OpenAlex", "Crossref", "Semantic Scholar"]
    if work is None:
        return _looked(entry, name, "not found", index=", ".join(dict.fromkeys(asked)))
    differences = _differences(entry, work)
    if identified and entry.title and _likeness(entry.title, work.title) < 0.6:
        which = f"arXiv {entry.arxiv}" if work.index == "arXiv" else f"doi {entry.doi}"
        differences = [f"the work: {which} is “{work.title}”"]
    published = _published(entry, work, indexes)
    return _looked(
        entry,
        name,
        "differs" if differences else "found",
        index=work.index,
        differences=tuple(differences),
        published=published,
    )


def _best(entry: Reference, works: list[Work]) -> Work | None:
    good = [w for w in works if _likeness(entry.title, w.title) >= 0.9]
    if not good:
        return None
    wanted = {_plain(a) for a in entry.authors}
    return max(good, key=lambda w: (len(wanted & {_plain(a) for a in w.authors}), bool(w.venue)))


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, title_key(one), title_key(other)).ratio()


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(c for c in folded.lower() if c.isalpha())


def _differences(entry: Reference, work: Work) -> list[str]:
    found = []
    if entry.title and title_key(entry.title) != title_key(work.title):
        found.append(f"title (“{work.title}”)")
    # A preprint and its publication are often a year apart.
    if entry.year and work.year and abs(entry.year - work.year) > 1:
        found.append(f"year ({work.year}, the entry says {entry.year})")
    known = {_plain(a) for a in work.authors}
    unknown = [a for a in entry.authors if known and _plain(a) not in known and len(_plain(a)) > 1]
    if unknown:
        found.append(f"authors ({', '.join(unknown)} not among {', '.join(work.authors[:6])})")
    return found


def _published(entry: Reference, work: Work, indexes: Indexes) -> str:
    """Where a work cited as a preprint has appeared; "" if cited so already or not at all."""
    preprint = not entry.venue or "arxiv" in entry.venue.lower()
    if not preprint or not entry.arxiv:
        return ""
    if work.venue:
        return work.venue
    try:
        others = indexes.titled(work.title)
    except IndexDown:
        return ""
    exact = (w for w in others if title_key(w.title) == title_key(work.title) and w.venue)
    best = next(exact, None)
    return f"{best.venue} {best.year or ''}".strip() if best else ""
