"""A report as one HTML file: the draft with its lines, the findings in the margin."""

from importlib import resources

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from ...drawing.css import theme_css
from ..document.model import Document
from ..findings import Finding
from ..report import Report
from .review import review_lines
from .terminal import headline, short, visible


def report_html(report: Report, document: Document) -> str:
    """The page. It loads nothing and runs nothing."""
    template = resources.files(__package__).joinpath("page.html.j2").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["visible"] = visible
    environment.filters["short"] = short
    return environment.from_string(template).render(
        css=Markup(theme_css(":root", "")),
        report=report,
        headline=headline(report),
        rows=_rows(report, document),
        review_lines=review_lines(report.review) if report.review else [],
    )


def _rows(report: Report, document: Document) -> list[dict[str, object]]:
    """Paragraphs of source lines, each with the findings that begin in it."""
    at: dict[int, list[Finding]] = {}
    for finding in report.findings:
        at.setdefault(finding.place.document_line, []).append(finding)
    heads = {b.line for b in document.blocks if b.kind == "heading"}
    marked = {
        n
        for f in report.findings
        for n in range(f.place.document_line,
                       f.place.document_line + min(f.place.end_line - f.place.line, 30) + 1)
    }  # fmt: skip
    rows: list[dict[str, object]] = []
    lines: list[dict[str, object]] = []
    findings: list[Finding] = []
    file = ""

    def close() -> None:
        nonlocal lines, findings
        if lines:
            rows.append({"lines": lines, "findings": findings})
        lines, findings = [], []

    for number, line in enumerate(document.lines, start=1):
        if line.file != file:
            close()
            rows.append({"file": line.file, "lines": [], "findings": []})
            file = line.file
        if not line.text.strip():
            close()
            continue
        lines.append(
            {"number": line.number, "text": visible(line.text.expandtabs(4)),
             "marked": number in marked, "head": number in heads}
        )  # fmt: skip
        findings += at.get(number, [])
    close()
    return rows
