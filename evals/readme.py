"""The figures of README: between two marks, written by a command from logs, never by hand."""

from pathlib import Path

BEGIN = "<!-- eval: written by `mechmentor eval readme` -->"
END = "<!-- /eval -->"


def shipped() -> Path:
    """The folder whose `logs` are shipped."""
    return Path(__file__).resolve().parents[1] / "benchmarks" / "eval"


def table(logs: Path) -> str:
    """The markdown table of logs, or a line that says that there are none for audits."""
    from .logs import answers, outcomes
    from .page import COLUMNS, rows
    from .study_table import study_markdown

    found, _ = outcomes(logs)
    said, _ = answers(logs)
    parts = []
    if found:
        lines = [list(COLUMNS), ["---"] * len(COLUMNS), *rows(found)]
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
    if said:
        parts.append(study_markdown(said))
    return "\n\n".join(parts)


def replaced(text: str, figures: str) -> str:
    """A text with the figures between its marks.

    Raises:
        ValueError: If the marks are missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the marks {BEGIN} and {END} are missing")
    return f"{before}{BEGIN}\n{figures}\n{END}{after}"
