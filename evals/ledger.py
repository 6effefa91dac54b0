"""Every scoring of the test split, in one committed file: what was frozen, when, and the verdict.

Who tunes on the test split leaves many entries with different hashes; only the first entry of a
hash counts. Lines are chained, so that one taken out later shows.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from ..tools.spec import Frozen

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "benchmarks" / "ledger.jsonl"
# What an audit's outcome can be tuned by; the tutor's and the critic's rooms are not.
APART = ("tools/study", "tools/critique")
FROZEN = ("tools/**/*.py", "tools/**/*.txt", "tools/**/*.json", "agent/**/*.py", "prompts/*.md")
START = "0" * 64


class Entry(Frozen):
    """One scoring.

    Attributes:
        date: Day and time, UTC.
        frozen: Hash of tools, agent, prompts and word lists.
        case: The model.
        driver: Who audited.
        access: What it could use.
        kind: An organism, or which null.
        family: Its family.
        status: How the run ended.
        verdict: As `score` says it.
        confidence: Of the top claim, or of `none`.
        before: Hash of the line before.
    """

    date: str
    frozen: str
    case: str
    driver: str
    access: str
    kind: str
    family: str
    status: str | None
    verdict: str
    confidence: float | None
    before: str


def frozen(root: Path = ROOT) -> str:
    """Hash of all that an audit can be tuned by: paths and bytes, in order of the paths."""
    digest = hashlib.sha256()
    paths = {p.relative_to(root).as_posix() for pattern in FROZEN for p in root.glob(pattern)}
    for path in sorted(paths):
        if not path.startswith(APART):
            digest.update(path.encode() + b"\0")
            digest.update(hashlib.sha256((root / path).read_bytes()).digest())
    return digest.hexdigest()


def append(file: Path = FILE, /, **scored: str | float | None) -> Entry:
    """Add one line; `scored` holds the fields of `Entry` that a score has."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_name(f".{file.name}.lock")):
        lines = _lines(file)
        entry = Entry.model_validate(
            {
                "date": datetime.now(UTC).isoformat(timespec="seconds"),
                "frozen": frozen(),
                "before": _hash(lines[-1]) if lines else START,
                **scored,
            }
        )
        with file.open("a", encoding="utf-8") as out:
            out.write(entry.model_dump_json() + "\n")
    return entry


def entries(file: Path = FILE) -> list[Entry]:
    """All entries, oldest first.

    Raises:
        ValueError: If a line was changed or taken out; the message names the line after it.
    """
    out: list[Entry] = []
    before = START
    for number, line in enumerate(_lines(file), 1):
        entry = Entry.model_validate(json.loads(line))
        if entry.before != before:
            raise ValueError(f"{file.name}, line {number}: the line before it is not what it was")
        before = _hash(line)
        out.append(entry)
    return out


def first(found: Iterable[Entry]) -> list[Entry]:
    """The first entry of each hash, model, driver and access: the only ones that count."""
    kept: dict[tuple[str, str, str, str], Entry] = {}
    for entry in found:
        kept.setdefault((entry.frozen, entry.case, entry.driver, entry.access), entry)
    return list(kept.values())


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def _hash(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()
