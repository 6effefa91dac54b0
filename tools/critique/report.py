"""The report of one reading, and its comparison with an earlier one."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError

from ..spec import Frozen
from .document.model import Document, DraftError
from .findings import SEVERITIES, Finding, Place, Severity, at_least, ordered

SCHEMA = 1


class Silenced(Frozen):
    """A finding that the author has silenced, with the reason given in the draft."""

    finding: Finding
    reason: str


class Assertion(Frozen):
    """Something that the draft asserts, by a reviewer's map of it.

    Attributes:
        text: In a plain sentence.
        place: Where it is made.
        evidence: The best evidence for it in the draft.
    """

    text: str
    place: Place
    evidence: Place | None = None


class Refuted(Frozen):
    """A reviewer's finding that the draft itself answers.

    Attributes:
        finding: The finding.
        by: The words that answer it.
        why: How, in the defender's words.
    """

    finding: Finding
    by: Place
    why: str


class Review(Frozen):
    """What language models added to a report, and what was thrown away.

    Attributes:
        model: Their name, or `pasted`.
        passes: Passes with a usable reply.
        missing: Passes without one, and why.
        calls: Requests that were paid for.
        dollars: What they cost; None if a part of it is unknown.
        assertions: What the draft asserts.
        refuted: Findings that the draft answers.
        dropped: Findings whose quotation does not stand in the draft.
        withheld: Findings that need a figure which nobody saw.
        figures: What was seen of the figures.
        calibration: How often this model condemned clean drafts, or that nobody measured it.
    """

    model: str
    passes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    calls: int = 0
    dollars: float | None = None
    assertions: tuple[Assertion, ...] = ()
    refuted: tuple[Refuted, ...] = ()
    dropped: int = 0
    withheld: int = 0
    figures: str = ""
    calibration: str = "not measured"


class Report(Frozen):
    """What was found in a draft.

    Attributes:
        schema_version: Of this form.
        draft: How the user called it.
        format: What it was read from.
        sha256: Of the lines that were read, includes in their place.
        lines: Number of lines.
        words: Number of words of prose.
        findings: The gravest first.
        silenced: Findings switched off in the draft.
        fixed: Findings of an earlier report that are gone.
        rules: Rules that ran.
        off: Rules that the project has switched off.
        notes: What could not be checked, and why.
        seconds: Time of the rules, reading left out.
        review: What language models added, if any were asked.
        more: Findings beyond those that a short form shows.
    """

    schema_version: int = SCHEMA
    draft: str
    format: str
    sha256: str
    lines: int
    words: int
    findings: tuple[Finding, ...]
    silenced: tuple[Silenced, ...] = ()
    fixed: tuple[Finding, ...] = ()
    rules: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    review: Review | None = None
    more: tuple[Finding, ...] = ()

    @classmethod
    def of(
        cls,
        document: Document,
        findings: Iterable[Finding],
        *,
        silenced: Iterable[tuple[Finding, str]] = (),
        rules: Sequence[str] = (),
        off: Sequence[str] = (),
        notes: Sequence[str] = (),
        seconds: float = 0.0,
    ) -> "Report":
        """A report on a document."""
        return cls(
            draft=document.name,
            format=document.format,
            sha256=hashlib.sha256(document.text.encode("utf-8", "replace")).hexdigest(),
            lines=len(document.lines),
            words=document.words,
            findings=tuple(findings),
            silenced=tuple(Silenced(finding=f, reason=why) for f, why in silenced),
            rules=tuple(rules),
            off=tuple(off),
            notes=tuple(notes),
            seconds=round(seconds, 4),
        )

    def counts(self) -> dict[Severity, int]:
        """Number of findings by severity, the gravest first."""
        found = Counter(f.severity for f in (*self.findings, *self.more))
        return {s: found[s] for s in reversed(SEVERITIES)}

    def fails(self, floor: Severity) -> bool:
        """Whether a finding reaches a severity."""
        return any(at_least(f.severity, floor) for f in self.findings)

    def short(self, most: int) -> "Report":
        """This report with its gravest findings alone."""
        kept, rest = self.findings[:most], self.findings[most:]
        return self.model_copy(update={"findings": kept, "more": rest})

    def reviewed(self, findings: Iterable[Finding], review: Review) -> "Report":
        """This report with a reviewer's findings between the linter's."""
        notes = [note for note in self.notes if " not seen;" not in note]
        return self.model_copy(
            update={
                "findings": tuple(ordered([*self.findings, *findings])),
                "review": review,
                "notes": (*notes, *((review.figures,) if "not seen" in review.figures else ())),
            }
        )

    def against(self, earlier: "Report") -> "Report":
        """This report with every finding marked new or open, and those that are gone."""
        left = Counter(f.fingerprint for f in earlier.findings)
        marked = []
        for finding in self.findings:
            old = left[finding.fingerprint] > 0
            left[finding.fingerprint] -= old
            marked.append(finding.model_copy(update={"state": "open" if old else "new"}))
        gone = []
        for finding in earlier.findings:
            if left[finding.fingerprint] > 0:
                left[finding.fingerprint] -= 1
                gone.append(finding.model_copy(update={"state": "fixed"}))
        return self.model_copy(update={"findings": tuple(marked), "fixed": tuple(gone)})


def load_report(file: Path) -> Report:
    """An earlier report, as `--format json` wrote it.

    Raises:
        DraftError: If it is none.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        for finding in (*content["findings"], *content.get("fixed", ())):
            finding.pop("fingerprint", None)
        review = content.get("review") or {}
        for item in (*content.get("silenced", ()), *review.get("refuted", ())):
            item["finding"].pop("fingerprint", None)
        return Report.model_validate(content)
    except FileNotFoundError:
        raise DraftError(f"no report {str(file)!r}; write one with --format json --out") from None
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError):
        raise DraftError(f"{file} is no report of `critique --format json`") from None


def notes_of(document: Document) -> list[str]:
    """What could not be checked in this document."""
    notes = []
    if document.format == "pdf":
        notes.append("PDF: tables are read as text, so no number was checked against a table")
    if document.figures:
        count = len(document.figures)
        which = "1 figure was" if count == 1 else f"{count} figures were"
        notes.append(
            f"{which} not seen; what may stand only in a figure is not reported as missing"
        )
    if not document.bibliography and any(c.style == "key" for c in document.citations):
        notes.append("no bibliography was found, so citations were not checked")
    return notes
