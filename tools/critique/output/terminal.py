"""A report as terminal text; findings alone as lines, for anybody who has some."""

from collections.abc import Sequence

from ..findings import Finding
from ..report import Report
from .review import review_lines


def findings_text(findings: Sequence[Finding], first: int = 1) -> str:
    """Findings as numbered paragraphs: place, rule, message, words, evidence, fix."""
    parts = []
    for number, finding in enumerate(findings, start=first):
        state = f" [{finding.state}]" if finding.state else ""
        head = f"{number}. {finding.severity}{state}  {finding.place.anchor}  {finding.rule}"
        lines = [head, f"   {visible(finding.message)}"]
        if finding.place.quote:
            lines.append(f"   > {visible(short(finding.place.quote))}")
        for other in finding.places[1:]:
            lines.append(f"   see {other.anchor}: {visible(short(other.quote))}")
        lines.append(f"   fix: {visible(finding.fix)}")
        if finding.settle:
            lines.append(f"   would settle it: {visible(finding.settle)}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def report_text(report: Report) -> str:
    """The whole report."""
    parts = [f"{report.draft}: {headline(report)}"]
    if report.findings:
        parts.append(findings_text(report.findings))
    if report.more:
        parts.append(f"{len(report.more)} more: --all shows them")
    if report.fixed:
        gone = "\n".join(
            f"   {f.place.anchor}  {f.rule}: {visible(f.message)}" for f in report.fixed
        )
        parts.append(f"fixed since the earlier report:\n{gone}")
    for item in report.silenced:
        finding = item.finding
        parts.append(f"silenced: {finding.place.anchor}  {finding.rule} ({visible(item.reason)})")
    parts += [f"not checked: {note}" for note in report.notes]
    if report.review:
        parts.append("\n".join(visible(line) for line in review_lines(report.review)))
        parts += [
            f"appendix, refuted by the draft: {r.finding.place.anchor}  {visible(r.finding.message)}\n"
            f"   > {r.by.anchor}: {visible(short(r.by.quote))}\n   {visible(r.why)}".rstrip()
            for r in report.review.refuted
        ]
    return "\n\n".join(parts)


def headline(report: Report) -> str:
    """`2 major, 1 minor` or `no findings`, with what was read."""
    counts = [f"{n} {severity}" for severity, n in report.counts().items() if n]
    said = ", ".join(counts) or "no findings"
    states = [f.state for f in report.findings if f.state]
    if states or report.fixed:
        said += (
            f" ({len(report.fixed)} fixed, {states.count('open')} open, {states.count('new')} new)"
        )
    return f"{said}; {len(report.rules)} rules, {report.words:,} words, {report.seconds:.2f} s"


def short(text: str, most: int = 160) -> str:
    """A text cut at a word."""
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"


def visible(text: str) -> str:
    """A text without control characters: a draft must not steer the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)
