"""What a reviewer answered, taken apart; every quotation looked up in the draft."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from ....tools.critique.document.model import Document
from ....tools.critique.findings import SEVERITIES, Finding, Place, Severity, place
from ....tools.critique.report import Assertion
from ....tools.study.contexts.document import Document as Text
from ....tools.study.quotes.find import Source
from .blind import GONE, blind

MIN_WORDS = 4
LONGEST = 1200
_LINE_MARKS = re.compile(r"(?:^|(?<=\s))L\d+:\s")


class UnusableReply(ValueError):
    """A reply that holds no JSON of the form that was asked for."""


@dataclass(frozen=True)
class Defence:
    """A defender's word on one finding: refuted, by which words, why."""

    finding: str
    refuted: bool
    by: Place | None
    why: str


@dataclass
class Checked:
    """What is left of a reply after the check.

    Attributes:
        findings: Findings whose quotation stands in the draft.
        unseen: Findings that need a figure.
        dropped: How many were thrown away for their quotation.
    """

    findings: list[Finding] = field(default_factory=list)
    unseen: list[Finding] = field(default_factory=list)
    dropped: int = 0


class Draft:
    """A document with the lookup of quotations in it.

    Attributes:
        document: The draft.
        lines: Its lines as reviewers see them.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.lines = blind(document)
        self._source = Source("draft", Text(title="", kind="text", lines=tuple(self.lines)))
        self._places: dict[str, Place | None] = {}

    def find(self, quote: object) -> Place | None:
        """Where a quotation stands word by word; None if it does not, or is too short to tell."""
        if not isinstance(quote, str):
            return None
        text = _LINE_MARKS.sub("", quote.strip().strip("\"“”'"))
        if len(re.findall(r"\w+", text)) < MIN_WORDS or len(text) > LONGEST or GONE in text:
            return None
        if text not in self._places:
            found = self._source.find(text)
            where = place(self.document, found.first, found.last, text) if found else None
            self._places[text] = where
        return self._places[text]


def parse(text: str) -> Any:
    """The JSON value of a reply, with or without a fence around it.

    Raises:
        UnusableReply: If there is none.
    """
    fenced = re.findall(r"```(?:json)?\s*\n(.*?)```", text, re.DOTALL)
    for candidate in (*fenced, text):
        starts = [at for mark in "[{" if (at := candidate.find(mark)) >= 0]
        for start in sorted(starts):
            try:
                value, _ = json.JSONDecoder().raw_decode(candidate[start:])
            except ValueError:
                continue
            if isinstance(value, dict) or (isinstance(value, list) and _rows(value) == value):
                return value
    raise UnusableReply("the reply holds no JSON of the form that was asked for")


def assertions(value: Any, draft: Draft) -> list[Assertion]:
    """The assertions whose words stand in the draft; at most twelve."""
    found = []
    for row in _rows(value, "assertions")[:12]:
        where = draft.find(row.get("quote"))
        if where and _text(row, "assertion"):
            evidence = draft.find(row.get("evidence"))
            found.append(Assertion(text=_text(row, "assertion"), place=where, evidence=evidence))
    return found


def findings(value: Any, aspect: str, draft: Draft) -> Checked:
    """The findings of one pass, checked.

    Raises:
        UnusableReply: If the value has no list of findings.
    """
    if isinstance(value, dict) and not isinstance(value.get("findings"), list):
        raise UnusableReply("the reply has no list of findings")
    checked = Checked()
    for row in _rows(value, "findings"):
        where, problem = draft.find(row.get("quote")), _text(row, "problem")
        if where is None or not problem:
            checked.dropped += 1
            continue
        severity = row.get("severity")
        found = Finding(
            rule=f"review-{aspect}",
            theme=aspect,
            severity=cast(Severity, severity if severity in SEVERITIES else "minor"),
            message=problem,
            fix=_text(row, "fix") or "Mend it, or say why it holds.",
            settle=_text(row, "settle"),
            places=(where,),
            source="reviewer",
        )
        (checked.unseen if row.get("needs_figure") is True else checked.findings).append(found)
    return checked


def defences(value: Any, draft: Draft) -> list[Defence]:
    """A defender's words. A refutation without words of the draft is none."""
    found = []
    for row in _rows(value, "defence"):
        by = draft.find(row.get("quote"))
        refuted = row.get("refuted") is True and by is not None
        found.append(
            Defence(str(row.get("finding", "")).strip("[] "), refuted, by, _text(row, "why"))
        )
    return found


def ids(found: Iterable[Finding]) -> dict[str, Finding]:
    """Findings by the short name that a defender knows them under; equal ones count once."""
    return {_id(finding): finding for finding in found}


def _id(finding: Finding) -> str:
    words = f"{finding.rule}\n{finding.place.quote}\n{finding.message}"
    return hashlib.sha256(words.encode()).hexdigest()[:6]


def _rows(value: Any, key: str = "") -> list[dict[str, Any]]:
    if isinstance(value, dict):
        value = value.get(key)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    return " ".join(value.split())[:LONGEST] if isinstance(value, str) else ""
