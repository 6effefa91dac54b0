"""A report as markdown."""

import re

from ..findings import Finding
from ..report import Report
from .terminal import headline, short, visible


def report_markdown(report: Report) -> str:
    """Headline, findings as a list, what was silenced and what could not be checked."""
    lines = [f"# Findings on `{visible(report.draft)}`", "", f"{headline(report)}.", ""]
    lines += [_item(f) for f in report.findings]
    if report.fixed:
        lines += ["", "## Fixed since the earlier report", ""]
        lines += [f"- `{f.place.anchor}` {f.rule}: {_safe(f.message)}" for f in report.fixed]
    if report.silenced:
        lines += ["", "## Silenced in the draft", ""]
        lines += [
            f"- `{s.finding.place.anchor}` {s.finding.rule}: {_safe(s.reason)}"
            for s in report.silenced
        ]
    if report.notes:
        lines += ["", "## Not checked", "", *(f"- {note}" for note in report.notes)]
    return "\n".join(lines).rstrip() + "\n"


def _item(finding: Finding) -> str:
    state = f", {finding.state}" if finding.state else ""
    lines = [
        f"- **{finding.severity}{state}** `{finding.place.anchor}` ({finding.rule}): {_safe(finding.message)}"
    ]
    if finding.place.quote:
        lines.append(f"  > {_safe(short(finding.place.quote))}")
    lines += [f"  - see `{p.anchor}`: {_safe(short(p.quote))}" for p in finding.places[1:]]
    lines.append(f"  - fix: {_safe(finding.fix)}")
    if finding.settle:
        lines.append(f"  - would settle it: {_safe(finding.settle)}")
    return "\n".join(lines)


def _safe(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", visible(text))
