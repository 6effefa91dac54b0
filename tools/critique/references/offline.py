"""What can be said about citations and entries without a network."""

import datetime
import re
from collections.abc import Iterator

from ..document.markdown import footnote_definitions
from ..document.model import Document, Reference
from ..rule import Hit, rule
from .duplicates import duplicate_entry
from .entry_hits import entry_hit

_LIST = (
    "# References\n\n[1] J. Smith and A. Doe. Probing classifiers in depth. 2021.\n\n"
    "[2] B. Roe. Activation patching in practice. 2023.\n"
)
_ROUND = (
    "# References\n\n(1) Smith, J.; Doe, A. Probing classifiers in depth. TACL 2021.\n(2) Roe, B. Activation "
    "patching in practice. ICLR 2023.\n(3) Poe, C. Against probes. EMNLP 2020.\n"
)
_MONTHS = frozenset(
    "January February March April May June July August September October November December "
    "Spring Summer Autumn Fall Winter".split()
)
_NAMED = (
    "# References\n\n- Smith, J. and Doe, A. (2021). Probing classifiers in depth. TACL.\n"
    "- Roe, B. (2023). Activation patching in practice. arXiv:2301.01234.\n"
)


@rule(
    "undefined-citation",
    "references",
    "a citation without an entry",
    severity="major",
    rationale="The reader cannot look up what the sentence rests on.",
    source="ACL Rolling Review author checklist",
    fix="Add the entry, or correct the key, number, name or year.",
    fires=(
        "Probes are common [1], and so is patching [3].\n\n" + _LIST,
        "Probes are common (Smith and Doe, 2021), and so is patching (Roe, 2022).\n\n" + _NAMED,
        "Probes are common (Smith and Doe, 2021), and so are lenses (Marsh et al., 2022).\n\n"
        + _NAMED,
        "A point[^1].\n\nAnother[^b].\n\n[^1]: Said elsewhere.",
        "Probes are common (1), patching too (2), lenses less so (7).\n\n" + _ROUND,
        "Probes are common (Smith and Doe, 2021; compare Marsh 2022, on lenses).\n\n" + _NAMED,
        "Probes are common (Smith and Doe, 2021; Lamb et al. 2020).\n\n"
        + _NAMED
        + "- Poe, C., Hay, D., Lamb, E., and Oak, F. (2020). Against probes in depth. EMNLP.\n",
    ),
    quiet=(
        "Probes are common [1], and so is patching [2].\n\n" + _LIST,
        "Probes are common (1), patching too (2, 3), with χ²(1) = 9.2, t(38) = 4.1 and ten (10) more.\n\n"
        + _ROUND,
        "Probes are common (Smith and Doe, 2021), and so is patching (see Roe, 2023).\n\n" + _NAMED,
        "A point[^1].\n\n[^1]: Said elsewhere.",
        "In March (2023) and (GPT-2, 2019) nothing is cited.",
    ),
)
def undefined_citation(document: Document) -> Iterator[Hit]:
    """Look every citation up in the draft's own bibliography."""
    keys = {r.key for r in document.references}
    missing = {t.message for t in document.trouble if "bibliography" in t.message}
    notes = footnote_definitions(document) if document.format in ("markdown", "notebook") else set()
    done = set()
    for citation in document.citations:
        name = citation.key
        if (name, citation.style) in done:
            continue
        if citation.style == "footnote":
            known = name[1:] in notes
        elif citation.style == "author-year":
            known = _known(name, document)
        else:
            known = name in keys or not document.bibliography or bool(missing) or name == "*"
        if not known:
            done.add((name, citation.style))
            yield Hit(citation.line, _said(document, name, citation.style), quote=name)


def _known(name: str, document: Document) -> bool:
    who, year = name.rsplit(" ", 1)
    if any(r.key == name for r in document.references):
        return True
    entries = [r for r in document.references if who.lower() in r.text.lower()]
    dated = [r for r in entries if year in r.text]
    if dated and not _far_down(who, year, dated, document):
        return True
    if dated:
        return False
    # Without an entry of that name it may be no citation at all ('March (2023)'), unless several
    # people are named.
    prose = document.prose.replace("\n", " ")
    several = rf"{re.escape(who)},?\s+(?:et\s+al\.?|(?:and|&)\s+[A-Z][\w'’-]+),?\s+\(?{year}"
    led = r"(?:[^()\[\]]*(?:;|\b(?:see|cf\.?|compare|e\.g\.,?|also|following|after|as in|by))\s*)?"
    alone = rf"[(\[]{led}{re.escape(who)},?\s+{year}[a-z]?\s*[,;)\]]"
    person = who.isalpha() and not who.isupper() and who not in _MONTHS
    return not entries and not (re.search(several, prose) or (person and re.search(alone, prose)))


def _far_down(who: str, year: str, entries: list[Reference], document: Document) -> bool:
    """`Poe et al. 2024` where Poe is only a later author of what the list has: another work is meant."""
    prose = document.prose.replace("\n", " ")
    if not re.search(rf"\b{re.escape(who)} et al\.?,?\s+\(?{year}", prose):
        return False
    return all(
        len(r.authors) > 2
        and who in r.authors[2:]
        and who not in r.authors[:2]
        and r.text.find(who) > 12
        for r in entries
    )


def _said(document: Document, name: str, style: str) -> str:
    if style == "footnote":
        return f"the footnote [{name}] is not defined."
    if style == "author-year":
        who = name.rsplit(" ", 1)[0]
        years = sorted({str(r.year) for r in document.references
                        if r.year and who.lower() in r.text.lower()})  # fmt: skip
        if not years:
            return f"no entry “{name}”."
        return f"no entry “{name}”; the list has {who} {', '.join(years)}."
    import difflib

    near = difflib.get_close_matches(name, [r.key for r in document.references], n=1)
    return f"no entry for “{name}”" + (f"; did you mean “{near[0]}”?" if near else ".")


@rule(
    "missing-file",
    "references",
    "an included file or bibliography that is not there or cannot be read",
    severity="major",
    rationale="What is not there was not checked either.",
    source="LaTeX",
    fix="Add the file, or correct its name.",
    fires=("---\nbibliography: nowhere.bib\n---\nText.",),
    quiet=("Text without a bibliography.",),
)
def missing_file(document: Document) -> Iterator[Hit]:
    """Report what reading met."""
    for trouble in document.trouble:
        yield Hit(trouble.line, f"{trouble.message}.", quote=trouble.message)


@rule(
    "unused-entry",
    "references",
    "an entry that nothing cites",
    severity="note",
    rationale="An entry without a citation is a leftover, or the citation was lost.",
    source="ACL Rolling Review author checklist",
    fix="Cite it where it supports something, or take it out.",
    fires=(
        "Probes are common [1].\n\n" + _LIST,
        "Probes are common (1), patching too (2).\n\n" + _ROUND,
        "We use letters [AB21].\n\n# References\n\n[AB21] A. Abel. Probes in depth. 2021.\n\n"
        "[CD22] C. Cox. Lenses in depth. 2022.\n",
        "Probes are common[^a].\n\n[^a]: J. Smith et al. (2021). *Probes in depth.* TACL.\n"
        "[^b]: B. Roe et al. (2023). *Activation patching in practice.* arXiv:2301.01234.",
        "Smith and Doe (2021) fit probes; Poe (2020) does not.\n\n"
        + _NAMED
        + "- Poe, C. (2020). Against probes. EMNLP.\n",
        "Smith and Doe (2021) fit probes; p is Roe-corrected, with Roe's correction.\n\n" + _NAMED,
        "Probes are common [Doe 2021].\n\n# References\n\n- [Doe 2021] J. Doe. Probes in depth. "
        "arXiv:2101.00027.\n- [Roe 2023] B. Roe. Patching in practice. TACL 2023.\n",
    ),
    quiet=(
        "Probes are common [1,2].\n\n" + _LIST,
        "Step by step (1), patching too (2–3).\n\n" + _ROUND,
        "Smith and Doe (2021) fit probes; Poe (2020) and Roe do not.\n\n"
        + _NAMED
        + "- Poe, C. (2020). Against probes. EMNLP.\n",
        "Nothing is cited by number here.\n\n" + _LIST,
        "Probes are common [1], and so is patching [2].\n\n" + _LIST + "\n[3] Roe, B. Activation "
        "patching in practice. arXiv:2301.01234, 2023.\n",
    ),
)
def unused_entry(document: Document) -> Iterator[Hit]:
    """By number or key; by names; and in a `.bib` that is plainly this draft's own.

    An entry that is listed twice is one fault: the second is not reported as uncited as well. Nor is
    an entry that a citation with a wrong mark may have meant.
    """
    twice = {(hit.line, hit.file) for hit in duplicate_entry.check(document)}
    lost = [hit for hit in _uncited(document) if (hit.line, hit.file) not in twice]
    if len(lost) > len(list(undefined_citation.check(document))):
        yield from lost


def _uncited(document: Document) -> Iterator[Hit]:
    cited = {c.key for c in document.citations if c.style != "author-year"}
    listed = [r for r in document.references if r.listed and r.key]
    if cited & {r.key for r in listed}:
        for entry in listed:
            if entry.key not in cited:
                yield entry_hit(document, entry, f"nothing cites entry “{entry.key}”.")
    elif any(c.style == "author-year" for c in document.citations):
        yield from _unnamed(document)
    own = [r for r in document.references if not r.listed]
    lost = [r for r in own if r.key not in cited]
    # A library that is shared between drafts holds many entries that this one does not need.
    if cited and "*" not in cited and len(lost) <= max(1, len(own) // 4) and len(own) > len(lost):
        for entry in lost:
            yield entry_hit(document, entry, f"nothing cites entry “{entry.key}”.")


# `Holm-corrected`, `the Benjamini–Hochberg procedure`: a method by its name, not a citation.
_EPONYM = (
    r"(?:[-–][a-z]+(?:ed|ing)\b|[-–][A-Z]\w+ ?(?:at|with|correct\w*|adjust\w*|procedure|method|test)\b"
    r"|(?:['’]s)? (?:correct|adjust)(?:ion|ed|ment)\b| (?:score )?(?:intervals?|bounds)\b)"
)


def _unnamed(document: Document) -> Iterator[Hit]:
    """Entries whose first author is named nowhere in the text."""
    listed = [r for r in document.references if r.listed and r.authors and r.year]
    prose = document.prose
    cited = {c.key for c in document.citations}
    named = {
        r.line
        for r in listed
        if r.key in cited or re.search(rf"\b{re.escape(r.authors[0])}\b(?!{_EPONYM})", prose)
    }
    if not named:
        return
    for entry in listed:
        if entry.line not in named:
            who = entry.authors[0]
            yield Hit(entry.line, f"nothing cites {who} {entry.year}.", quote=entry.text[:200])


@rule(
    "impossible-entry",
    "references",
    "an entry whose year or arXiv id cannot be",
    severity="major",
    rationale="An arXiv id carries its month; an entry that contradicts it was not copied from it.",
    source="arXiv identifier scheme, info.arxiv.org",
    fix="Copy id and year from the index again.",
    fires=(
        "See [1].\n\n# References\n\n[1] J. Smith. Probing in depth. arXiv:2317.01234, 2023.\n",
        "See [1].\n\n# References\n\n[1] J. Smith. Probing in depth. arXiv:2305.01234, 2019.\n",
        "See [1].\n\n# References\n\n[1] J. Smith. Probing in depth. TACL, 2093.\n",
    ),
    quiet=(
        "See [1].\n\n# References\n\n[1] J. Smith. Probing in depth. arXiv:2305.01234, 2023.\n",
        "See [1].\n\n# References\n\n[1] J. Smith. Probing in depth. arXiv:2312.01234, ICLR 2024.\n",
        "See [1].\n\n# References\n\n[1] J. Smith. Probing in depth. arXiv:2101.00027, 2020.\n",
    ),
)
def impossible_entry(document: Document) -> Iterator[Hit]:
    """Compare years with today and with the month inside arXiv ids."""
    today = datetime.datetime.now(datetime.UTC).year
    cited = {c.key for c in document.citations}
    for entry in document.references:
        if not entry.listed and entry.key not in cited:
            continue
        if entry.year and entry.year > today + 1:
            yield entry_hit(document, entry, f"the year {entry.year} has not come yet.")
        if match := re.fullmatch(r"(\d\d)(\d\d)\.\d{4,5}", entry.arxiv):
            year, month = 2000 + int(match[1]), int(match[2])
            if not 1 <= month <= 12 or not 2007 <= year <= today:
                yield entry_hit(document, entry, f"arXiv {entry.arxiv} is no possible id (YYMM).")
            elif entry.year and entry.year < year - (month == 1):  # sent on the last day of a year
                message = f"arXiv {entry.arxiv} is from {year}, the entry says {entry.year}."
                yield entry_hit(document, entry, message)


RULES = (undefined_citation, missing_file, unused_entry, impossible_entry)
