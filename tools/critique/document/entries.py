"""Entries of a bibliography: BibTeX files, and lists printed at the end of a draft."""

import re
from collections.abc import Iterator

from .model import Reference
from .tex_plain import group, tex_plain

_YEAR = re.compile(
    r"(?<![\d./:-])(?:(?:19[5-9]\d|20\d\d)(?=[a-z]?(?![\d/-]))|(?<=\()1[89]\d\d(?=[a-z]?\)))"
)
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"'<>}\],;]+", re.IGNORECASE)
_ARXIV = re.compile(
    r"(?:arxiv(?:\.org/(?:abs|pdf)|\s(?:preprint|e-?print))?[:/\s]*|abs/)\s*(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})",
    re.IGNORECASE,
)
_ENTRY = re.compile(r"@\s*([A-Za-z]+)\s*\{\s*([^,\s{}]*)\s*,", re.MULTILINE)
_FIELD = re.compile(r"\s*,?\s*([A-Za-z][\w-]*)\s*=\s*")


# `Family, I., Family, I. J. and Family, I. `: the last initial ends no sentence, yet the title follows.
_INVERTED = re.compile(
    r"(?:[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){0,2}, (?:[A-Z]\.[ -]?)+(?:, ?(?:and|&) |,? ?(?:and|&) |[,;] )?)+"
    r"(?=[A-Z\d“\"][^.]{12,}\.)"
)


# A year between sentence ends or in brackets, and a title behind it, however long the list of authors.
_TITLE_NEXT = re.compile(r"(?:[.,] |.\()\d{4}[a-z]?\)?\. [A-Z“\"][^.]{11,}\s[^.]*\.")


class BadBibliography(ValueError):
    """A bibliography whose braces do not match; says the line."""


def bibtex(text: str, file: str) -> list[Reference]:
    """The entries of a BibTeX file.

    Raises:
        BadBibliography: If an entry never ends.
    """
    found = []
    text = re.sub(r"(?m)^\s*%.*$", "", text)
    for head in _ENTRY.finditer(text):
        if head[1].lower() in ("comment", "string", "preamble"):
            continue
        line = text.count("\n", 0, head.start()) + 1
        inside = group(text, text.index("{", head.start()))
        if inside is None:
            raise BadBibliography(f"line {line}: the entry {head[2]!r} has no closing brace")
        fields = dict(_fields(text[head.end() : inside[1] - 1]))
        found.append(_from_fields(head[2], line, file, fields, text[head.start() : inside[1]]))
    return found


def _fields(body: str) -> Iterator[tuple[str, str]]:
    at = 0
    while match := _FIELD.match(body, at):
        at = match.end()
        if at < len(body) and body[at] == "{" and (inside := group(body, at)):
            value, at = inside
        elif at < len(body) and body[at] == '"':
            end = body.find('"', at + 1)
            end = len(body) if end < 0 else end
            value, at = body[at + 1 : end], end + 1
        else:
            bare = re.compile(r"[^,}\s]*").match(body, at)
            value, at = (bare[0], bare.end()) if bare else ("", at + 1)
        yield match[1].lower(), " ".join(tex_plain(value).split())


def _from_fields(key: str, line: int, file: str, fields: dict[str, str], text: str) -> Reference:
    everything = " ".join(fields.values())
    arxiv = _ARXIV.search(everything)
    number = arxiv[1] if arxiv else ""
    eprint = fields.get("eprint", "")
    if not number and re.fullmatch(r"\d{4}\.\d{4,5}(v\d+)?", eprint):
        number = eprint.split("v")[0]
    year = _YEAR.search(fields.get("year", "") or fields.get("date", ""))
    doi = _DOI.search(fields.get("doi", "") or everything)
    names = (n for n in re.split(r"\s+and\s+", fields.get("author", "")) if n != "others")
    venue = next((fields[n] for n in ("journal", "booktitle", "publisher") if fields.get(n)), "")
    return Reference(
        key=key,
        line=line,
        file=file,
        text=text,
        title=fields.get("title", ""),
        authors=tuple(filter(None, map(_family, names))),
        year=int(year[0]) if year else None,
        doi=doi[0].lower().rstrip(".") if doi else "",
        arxiv=number,
        listed=False,
        venue=venue,
    )


def _family(name: str) -> str:
    name = name.strip()
    return name.split(",")[0].strip() if "," in name else (name.split() or [""])[-1]


def printed(text: str, key: str, line: int, file: str) -> Reference:
    """An entry as it is printed in a list of references; what cannot be told stays empty."""
    flat = " ".join(text.split())
    flat = re.sub(r"^(?:\[[^\]]{1,30}\]|\d+\.)\s*", "", flat)
    years = list(_YEAR.finditer(flat))
    year = next((m for m in years if flat[m.start() - 1 : m.start()] == "("), None) or (
        years[-1] if years else None
    )
    doi, arxiv = _DOI.search(flat), _ARXIV.search(flat)
    title, before = _title(flat, year)
    year = year or _YEAR.search(key)  # `[Roe 2023] B. Roe. Probes in depth.`
    return Reference(
        key=key,
        line=line,
        file=file,
        text=flat,
        title=title,
        authors=_families(before),
        year=int(year[0]) if year else None,
        doi=doi[0].lower().rstrip(".") if doi else "",
        arxiv=arxiv[1] if arxiv else "",
    )


def _title(flat: str, year: re.Match[str] | None) -> tuple[str, str]:
    """The title, and what stands before it (the authors)."""
    quoted = re.search(r"[“\"]([^”\"]{8,})[”\"]", flat)
    if quoted:
        return quoted[1].rstrip(".,"), flat[: quoted.start()]
    if (
        year
        and (year.start() < 0.6 * len(flat) or _TITLE_NEXT.match(flat[year.start() - 2 :]))
        and re.match(r"[a-z]?\)?[.,:]?\s", flat[year.end() :])
    ):
        rest = re.sub(r"^[a-z]?\)?[.,:]?\s+", "", flat[year.end() :])
        end = re.search(r"[.?!](?:\s|$)", rest)
        return (rest[: end.start()] if end else rest).strip(), flat[: year.start()]
    others = re.search(r"\bet al\.,?\s+(?=[A-Z\d])", flat)
    if others and others.end() < 0.6 * len(flat):
        rest = flat[others.end() :]
        end = re.search(r"[.?!](?:\s|$)", rest)
        return (rest[: end.start()] if end else rest).strip(), flat[: others.start()]
    if inverted := _INVERTED.match(flat):
        end = re.search(r"[.?!](?:\s|$)", flat[inverted.end() :])
        title = flat[inverted.end() :][: end.start() if end else None]
        return title.strip(), flat[: inverted.end()]
    # Authors. Title. Venue, year: initials are no sentence ends.
    parts = re.split(r"(?<!\b[A-Z])(?<!et al)\.\s+", flat)
    return (parts[1], parts[0]) if len(parts) >= 2 else ("", flat)


def _families(text: str) -> tuple[str, ...]:
    text = re.sub(r"\(?\s*$|et al\.?|\(eds?\.?\)", "", text).strip(" .,(")
    text = re.sub(r"\b(?:[A-Z]\.[\s-]*)+", "", text)  # initials
    found = []
    for name in re.split(r",|;|&|\band\b", text):
        words = [w for w in name.split() if re.match(r"[^\W\d_]", w)]
        if words and len(words[-1]) > 1:
            found.append(words[-1])
    return tuple(found)
