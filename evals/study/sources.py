"""The shipped reference on techniques, as a source that quotations and criticism rest on."""

from functools import cache
from pathlib import Path

from ...tools.study.contexts.document import Document
from ...tools.study.quotes.find import Source

_FILE = Path(__file__).parents[2] / "context_files" / "01_techniques.md"


@cache
def techniques() -> Source:
    """The reference."""
    text = _FILE.read_text(encoding="utf-8")
    return Source("techniques", Document("Techniques", "markdown", tuple(text.split("\n"))))
