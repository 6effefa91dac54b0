"""Plant one error: `plant(document, kind, seed)`."""

import difflib
import random
from collections import defaultdict

from ..documents import Document, Row
from . import claims, numbers, omissions, references
from .edit import OPEN, Change, SiteError, apply, deletion, escaped, locate
from .sites import Edit, Site, sites

MAKERS = numbers.MAKERS | references.MAKERS
THEMES = {
    "numbers": tuple(numbers.MAKERS),
    "references": (*references.MAKERS, *references.WRITTEN),
    "omissions": tuple(omissions.WRITTEN),
    "claims": tuple(claims.WRITTEN),
}
KINDS = tuple(kind for kinds in THEMES.values() for kind in kinds)
# A program can be sure of these without reading for sense.
CHECKABLE = frozenset({*THEMES["numbers"], *THEMES["references"]})


class Place(Row):
    """Lines of a file, from 1, both ends included."""

    file: str
    first: int
    last: int


class Hunk(Row):
    """Clean lines `clean[0]` to before `clean[1]` became `planted[0]` to before `planted[1]`."""

    file: str
    clean: tuple[int, int]
    planted: tuple[int, int]


class Planted(Row):
    """A document with one error.

    Attributes:
        document: Id of the clean twin.
        kind: Kind of error.
        seed: Seed of the choice of site and wording.
        texts: All files.
        places: Where a critic may report it; the first is the edit itself.
        anywhere: Whether the error has no place of its own.
        hunks: What differs from the clean twin.
        old: Text before, of the first edit.
        new: Text after.
    """

    document: str
    kind: str
    seed: int
    texts: dict[str, str]
    places: list[Place]
    anywhere: bool
    hunks: list[Hunk]
    old: str
    new: str


def kinds_of(document: Document) -> list[str]:
    """Kinds that a document admits."""
    return sorted({site.kind for site in sites(document.id)})


def plant(document: Document, kind: str, seed: int) -> Planted:
    """Plant one error of a kind.

    Raises:
        SiteError: If the document admits none of this kind, or a site does not fit its text.
    """
    fitting = [site for site in sites(document.id) if site.kind == kind]
    if not fitting:
        raise SiteError(f"{document.id} admits no {kind}: see `sites/{document.id}.yaml`")
    rng = random.Random(f"{document.id}/{kind}/{seed}")
    return plant_at(document, rng.choice(fitting), rng, seed)


def plant_at(document: Document, site: Site, rng: random.Random, seed: int) -> Planted:
    """Plant the error of one site."""
    clean = document.texts()
    changes: dict[str, list[Change]] = defaultdict(list)
    for edit in site.edits:
        file = edit.file or document.main
        if file not in clean:
            raise SiteError(f"{document.id} has no file {file}")
        changes[file].append(_change(clean[file], file, edit, site, rng))
    main = site.edits[0].file or document.main
    first = changes[main][0]
    texts, places = dict(clean), []
    for file, some in changes.items():
        texts[file], lines = apply(clean[file], some)
        places += [Place(file=file, first=a, last=b) for a, b in lines]
    at = sum(change < first for change in changes[main])
    places.insert(0, places.pop(at))  # `changes` keeps the order of the edits, so main is first
    for text in site.also:
        places.append(_place(texts, text))
    return Planted(
        document=document.id,
        kind=site.kind,
        seed=seed,
        texts=texts,
        places=places,
        anywhere=site.kind in omissions.ANYWHERE,
        hunks=[hunk for file in changes for hunk in _hunks(file, clean[file], texts[file])],
        old=clean[main][first.start : first.end],
        new=first.new,
    )


def _change(text: str, file: str, edit: Edit, site: Site, rng: random.Random) -> Change:
    start, end = locate(text, edit.find, file)
    if OPEN in edit.find:
        return Change(start, end, MAKERS[site.kind](rng, text[start:end], site.given))
    if edit.until is not None:
        end = locate(text, edit.until, file)[0] if edit.until else len(text)
        return Change(start, end, "")
    new = escaped(rng.choice(edit.replace), file)
    return Change(start, end, new) if new else deletion(text, start, end)


def _place(texts: dict[str, str], find: str) -> Place:
    for file, text in texts.items():
        try:
            start, end = locate(text, find, file)
        except SiteError:
            continue
        return Place(file=file, first=1 + text[:start].count("\n"), last=1 + text[:end].count("\n"))
    raise SiteError(f"no file of the planted document reads {find[:60]!r}")


def _hunks(file: str, clean: str, planted: str) -> list[Hunk]:
    match = difflib.SequenceMatcher(None, clean.splitlines(), planted.splitlines(), autojunk=False)
    return [
        Hunk(file=file, clean=(a + 1, b + 1), planted=(c + 1, d + 1))
        for tag, a, b, c, d in match.get_opcodes()
        if tag != "equal"
    ]
