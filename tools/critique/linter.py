"""The linter: every rule over one document, switches applied, one report."""

import time
from collections.abc import Iterable

from .document.model import Document
from .findings import Finding, Severity, ordered, place
from .numbers import (
    changes,
    column_sums,
    columns,
    crossrefs,
    factors,
    from_base,
    impossible,
    intervals,
    label_sums,
    paired_counts,
    percentages,
    reported_tests,
    restated,
    rises,
    same,
    spelled_out,
    split_counts,
    stated_gaps,
    subsets,
    table_changes,
    table_totals,
    text_tables,
    text_totals,
    value_shares,
    wholes,
)
from .references import duplicates, offline, quotations
from .report import Report, notes_of
from .rule import Hit, Rule
from .rules import THEMES
from .settings import Settings
from .switches import switches
from .venue import check_venue

_NUMBERS = (
    reported_tests, label_sums, paired_counts, spelled_out, percentages, wholes, value_shares, changes, stated_gaps, impossible, subsets, intervals, table_totals, text_totals, split_counts, columns, column_sums, from_base, factors, rises, text_tables,
    same, restated, table_changes, crossrefs,
)  # fmt: skip
RULES: tuple[Rule, ...] = (
    *(rule for module in (*_NUMBERS, offline, duplicates, quotations) for rule in module.RULES),
    *(rule for theme in THEMES for rule in theme.RULES),
)


def lint(document: Document, settings: Settings | None = None) -> Report:
    """Run every rule.

    Args:
        document: The draft.
        settings: Rules switched off, severities, venue.
    """
    settings = settings or Settings()
    began = time.perf_counter()
    found: list[Finding] = []
    for rule in RULES:
        if rule.id not in settings.off:
            found += findings_of(rule, document, settings.severity.get(rule.id))
    if settings.venue:
        found += check_venue(document, settings.venue)
    found, silenced, complaints = switches(document, found, {r.id for r in RULES})
    return Report.of(
        document,
        ordered([*found, *complaints]),
        silenced=silenced,
        rules=[r.id for r in RULES if r.id not in settings.off],
        off=sorted(settings.off),
        notes=notes_of(document),
        seconds=time.perf_counter() - began,
    )


def findings_of(rule: Rule, document: Document, severity: Severity | None = None) -> list[Finding]:
    """What one rule finds; the same words on the same line count once."""
    found: dict[tuple[int, str], Finding] = {}
    for hit in rule.check(document):
        key = (hit.line, hit.message)
        found.setdefault(key, _finding(rule, document, hit, severity))
    return list(found.values())


def _finding(rule: Rule, document: Document, hit: Hit, severity: Severity | None) -> Finding:
    first = place(document, hit.line, hit.end, hit.quote)
    if hit.file:
        name, line = hit.file
        first = first.model_copy(update={"file": name, "line": line, "end_line": line})
    places = [first]
    places += [place(document, line, None, quote) for line, quote in hit.evidence]
    return Finding(
        rule=rule.id,
        theme=rule.theme,
        severity=severity or hit.severity or rule.severity,
        message=hit.message[:1].upper() + hit.message[1:],
        fix=hit.fix or rule.fix,
        places=tuple(places),
    )


def rule_named(name: str, rules: Iterable[Rule] = RULES) -> Rule | None:
    """A rule by its id."""
    return next((rule for rule in rules if rule.id == name), None)
