"""One door to all output forms."""

import json
from typing import Any

from ..document.model import Document
from ..linter import RULES
from ..report import Report
from .html import report_html
from .markdown import report_markdown
from .sarif import report_sarif
from .terminal import report_text

FORMATS = ("text", "markdown", "json", "sarif", "html")


def render(
    report: Report, document: Document, form: str, version: str, most: int | None = None
) -> str:
    """A report in one of `FORMATS`; without a trailing line break for the terminal only.

    Args:
        report: The report.
        document: The draft that it is on.
        form: One of `FORMATS`.
        version: Of this program.
        most: Show so many findings; forms for programs always hold all.
    """
    if most is not None and form in ("text", "markdown", "html"):
        report = report.short(most)
    if form == "markdown":
        return report_markdown(report)
    if form == "json":
        return report.model_dump_json(indent=1) + "\n"
    if form == "sarif":
        return json.dumps(report_sarif(report, RULES, version), indent=1, ensure_ascii=False) + "\n"
    if form == "html":
        return report_html(report, document)
    return report_text(report)


def json_schema() -> dict[str, Any]:
    """The JSON schema of `--format json`."""
    return Report.model_json_schema(mode="serialization")
