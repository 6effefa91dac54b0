"""References to tables, figures and sections that are not there."""

import re
from collections import Counter
from collections.abc import Iterator
from string import ascii_uppercase

from ..document.model import Document
from ..rule import Hit, rule

_TABLES = "Table 1: Rates.\n\n| a | b |\n|---|---|\n| x | 1 |\n\n"
_LETTERS = "Table A. Doors.\n\n| a | b |\n|---|---|\n| x | 1 |\n\nTable B. Windows.\n\n| a | b |\n|---|---|\n| y | 2 |\n\n"


@rule(
    "missing-target",
    "numbers",
    "a reference to a table, figure, section or label that does not exist",
    severity="major",
    rationale="The evidence for the sentence cannot be looked up.",
    source="ACL and NeurIPS author checklists: references resolve",
    fix="Correct the number or label, or add what is missing.",
    fires=(
        _TABLES + "The rates are in Table 1. Table 4 shows more.",
        "![Figure 1: Rates by layer.](a.png)\n\nSee Figure 1 and Figure 3.",
        "# 1 Introduction\n\nWe go on.\n\n# 2 Results\n\nSee Section 7 for details.",
        _LETTERS + "The doors are in Table A, the windows in Table E.",
    ),
    quiet=(
        _TABLES + "The rates are in Table 1. Table 4 of Smith et al. shows more.",
        "![Figure 1: Rates by layer.](a.png)\n\nSee Figure 1, and Figure S3 in the supplement.",
        "# 1 Introduction\n\nWe go on.\n\n# 2 Results\n\nSee Section 1 for details.",
        _LETTERS
        + "The doors are in Table A, the windows in Table B; Table D of the handbook has more.",
        "The document has no captions; Table 2 is in the other file.",
    ),
)
def missing_target(document: Document) -> Iterator[Hit]:
    """Only where the draft numbers its own tables, figures or sections."""
    known = {
        "table": {t.number for t in document.tables if t.number},
        "figure": {f.number for f in document.figures if f.number},
        "section": {s.number for s in document.sections if s.number},
    }
    for caption in (b for b in document.blocks if b.kind == "caption"):
        # A caption whose float is out of sight (a picture in a PDF) still names it.
        if match := re.match(r"(Table|Fig)[a-z.]*\s+([A-Z]?\.?\d+(?:\.\d+)?)", caption.flat, re.I):
            known["table" if match[1].lower() == "table" else "figure"].add(match[2])
    yield from _lettered(document)
    reported = set()
    for ref in document.crossrefs:
        if ref.kind == "label":
            if document.format == "latex" and ref.target not in document.labels:
                yield Hit(ref.line, f"no \\label{{{ref.target}}} in the draft.", quote=ref.target)
            continue
        there = known[ref.kind]
        if document.format == "latex" and ref.kind != "section":
            there = there if not document.labels else set()
        if not there or ref.target in there or (ref.kind, ref.target, ref.line) in reported:
            continue
        if not _same_style(ref.target, there):
            continue
        reported.add((ref.kind, ref.target, ref.line))
        listed = ", ".join(sorted(there, key=_order)[:12])
        name = ref.kind.capitalize()
        yield Hit(
            ref.line,
            f"there is no {name} {ref.target}; the draft has {ref.kind}s {listed}.",
            quote=f"{name} {ref.target}",
        )


_CAPTION = re.compile(r"Table ([A-Z])[.:]\s")
_LETTER = re.compile(r"\bTable ([A-Z])(?=[,;:)]|\.?\s|\.?$)(?! (?:of|by|in) )")


def _lettered(document: Document) -> Iterator[Hit]:
    """Tables A, B, C: only where the letters of the captions follow each other."""
    there = [m[1] for b in document.blocks if (m := _CAPTION.match(b.flat.lstrip("* ")))]
    if len(there) < 2 or sorted(there) != list(ascii_uppercase[: len(there)]):
        return
    for sentence in document.sentences:
        for match in _LETTER.finditer(sentence.text):
            if match[1] not in there and "[cite:" not in sentence.text:
                yield Hit(
                    sentence.line_at(match.start()),
                    f"there is no {match[0]}; the draft has tables {', '.join(sorted(there))}.",
                    quote=match[0],
                )


def _same_style(target: str, there: set[str]) -> bool:
    """`S3` is not judged by `1, 2`, nor `2.1` where no section is numbered so deep."""
    letter = re.match(r"[A-Z]", target)
    if letter:
        return any(re.match(letter[0], t) for t in there)
    depth = target.count(".")
    return any(t.count(".") >= depth and not re.match(r"[A-Z]", t) for t in there)


def _order(number: str) -> tuple[str, list[int]]:
    return re.sub(r"[\d.]", "", number), [int(n) for n in re.findall(r"\d+", number)]


@rule(
    "double-number",
    "numbers",
    "two tables or figures with the same number or label",
    severity="major",
    rationale="A reference to it has two meanings.",
    source="ACL and NeurIPS author checklists: references resolve",
    fix="Number them apart.",
    fires=(_TABLES + "Text between.\n\n" + _TABLES,),
    quiet=(_TABLES + "Text between.\n\n" + _TABLES.replace("Table 1", "Table 2"),),
)
def double_number(document: Document) -> Iterator[Hit]:
    """Count captions by number."""
    for word, floats in (("Table", document.tables), ("Figure", document.figures)):
        captions = {id(f.caption): f for f in floats if f.caption and f.number}
        counts = Counter(f.number for f in captions.values())
        done = set()
        for item in captions.values():
            if counts[item.number] > 1 and item.number in done and item.caption:
                yield Hit(
                    item.caption.line,
                    f"there are {counts[item.number]} captions “{word} {item.number}”.",
                    quote=item.caption.flat,
                )
            done.add(item.number)
    if document.format == "latex":
        seen: dict[str, int] = {}
        for number, line in enumerate(document.lines, start=1):
            bare = re.sub(r"(?<!\\)%.*", "", line.text)
            for label in re.findall(r"\\label\s*\{([^{}]+)\}", bare):
                if label in seen:
                    yield Hit(number, f"the label “{label}” is already used.", quote=label,
                              evidence=((seen[label], label),))  # fmt: skip
                seen.setdefault(label, number)


RULES = (missing_target, double_number)
