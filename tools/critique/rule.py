"""What a rule is: a small function, and everything a reader needs to judge it.

The examples are not documentation only: the tests run them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .document.model import Document, Sentence
from .findings import Severity


@dataclass(frozen=True)
class Hit:
    """What a rule's function returns.

    Attributes:
        line: Document line.
        message: What is wrong here.
        quote: The words meant.
        end: Last document line.
        evidence: Other places: document line and words.
        severity: Where it differs from the rule's own.
        fix: Where it differs from the rule's own.
        file: File and line, where it stands outside of the draft's own lines (a bibliography).
    """

    line: int
    message: str
    quote: str = ""
    end: int | None = None
    evidence: tuple[tuple[int, str], ...] = ()
    severity: Severity | None = None
    fix: str = ""
    file: tuple[str, int] | None = None


Check = Callable[[Document], Iterator[Hit]]


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes:
        id: How users name it.
        theme: The group it is listed under.
        title: What it looks for, one line.
        severity: Of its findings.
        rationale: Why this matters.
        source: Who says so.
        fix: What to do about a finding.
        fires: Markdown drafts in which it must fire.
        quiet: Markdown drafts in which it must not.
        check: The function.
    """

    id: str
    theme: str
    title: str
    severity: Severity
    rationale: str
    source: str
    fix: str
    fires: tuple[str, ...]
    quiet: tuple[str, ...]
    check: Check


def rule(
    id: str,
    theme: str,
    title: str,
    *,
    severity: Severity = "minor",
    rationale: str,
    source: str,
    fix: str,
    fires: tuple[str, ...],
    quiet: tuple[str, ...],
) -> Callable[[Check], Rule]:
    """Make a rule of a function from a document to hits."""

    def wrap(check: Check) -> Rule:
        return Rule(id, theme, title, severity, rationale, source, fix, fires, quiet, check)

    return wrap


def at(sentence: Sentence, message: str, offset: int = 0, **more: object) -> Hit:
    """A hit on a sentence."""
    return Hit(
        sentence.line_at(offset),
        message,
        quote=sentence.text,
        end=sentence.line_at(len(sentence.text)),
        **more,  # type: ignore[arg-type]
    )
