"""A report as SARIF 2.1.0, which code hosts show beside the lines."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from ..findings import Finding, Place, Severity
from ..report import Report
from ..rule import Rule

_LEVEL: dict[Severity, str] = {"major": "error", "minor": "warning", "note": "note"}
_STATE = {"new": "new", "open": "unchanged", "fixed": "absent"}


def report_sarif(report: Report, rules: Iterable[Rule], version: str) -> dict[str, Any]:
    """The report as a SARIF log with one run."""
    known = {rule.id: rule for rule in rules}
    results = [_result(f) for f in (*report.findings, *report.fixed)]
    for item in report.silenced:
        result = _result(item.finding)
        result["suppressions"] = [{"kind": "inSource", "justification": item.reason}]
        results.append(result)
    for refuted in report.review.refuted if report.review else ():
        result = _result(refuted.finding)
        why = f"{refuted.why} {refuted.by.anchor}: {refuted.by.quote}"
        result["suppressions"] = [{"kind": "external", "justification": why}]
        results.append(result)
    ids = sorted({r["ruleId"] for r in results} | set(report.rules))
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "mechmentor critique",
                        "semanticVersion": version,
                        "rules": [_rule(name, known.get(name)) for name in ids],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }


def _rule(name: str, rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"id": name}
    return {
        "id": name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": f"{rule.rationale} Source: {rule.source}."},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": _LEVEL[rule.severity]},
        "properties": {"tags": [rule.theme]},
    }


def _result(finding: Finding) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _LEVEL[finding.severity],
        "message": {"text": f"{finding.message} {finding.fix}"},
        "locations": [_location(finding.place)],
        "partialFingerprints": {"mechmentor/v1": finding.fingerprint},
    }
    if len(finding.places) > 1:
        result["relatedLocations"] = [
            {**_location(place), "id": i, "message": {"text": place.quote or "see here"}}
            for i, place in enumerate(finding.places[1:], start=1)
        ]
    if finding.state:
        result["baselineState"] = _STATE[finding.state]
    return result


def _location(place: Place) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": place.line, "endLine": place.end_line}
    if place.quote:
        region["snippet"] = {"text": place.quote}
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(place.file.replace("\\", "/"))},
            "region": region,
        }
    }
