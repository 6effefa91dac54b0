"""A report as markdown."""

import re

from ..findings import Finding
from ..report import Report, Review
from .review import review_lines
from .terminal import headline, short, visible


def report_markdown(report: Report) -> str:
    """Headline, findings as a list, what was silenced and what could not be checked."""
    lines = [f"# Findings on `{visible(report.draft)}`", "", f"{headline(report)}.", ""]
    lines += [_item(f) for f in report.findings]
    if report.more:
        lines += ["", f"{len(report.more)} more findings are shown with `--all`."]
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
    if report.review:
        lines += _review(report.review)
    return "\n".join(lines).rstrip() + "\n"


def _review(review: Review) -> list[str]:
    lines = ["", "## The review", "", *(f"- {_safe(line)}" for line in review_lines(review))]
    if review.assertions:
        lines += ["", "### What the draft asserts", ""]
    for said in review.assertions:
        on = f"evidence at `{said.evidence.anchor}`" if said.evidence else "no evidence found"
        lines.append(f"- `{said.place.anchor}`: {_safe(said.text)} ({on})")
    if review.refuted:
        lines += ["", "### Appendix: findings that the draft answers", ""]
    for item in review.refuted:
        lines.append(f"- `{item.finding.place.anchor}` {_safe(item.finding.message)}")
        lines.append(f"  > `{item.by.anchor}`: {_safe(short(item.by.quote))}")
        lines.append(f"  - {_safe(item.why)}")
    return lines


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
