"""Certifies any exercise, and keeps the table of the bank so that a long run can be resumed."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from ..sandbox.box import Sandbox
from . import bank
from .certificate import FORMAT, Certificate, Check
from .certify_light import certify_choice, certify_maths, certify_written
from .parse import FormatError
from .types import Choice, Coding, Exercise, Maths, Measure

TABLE = "certificates.json"


def certify(exercise: Exercise, text: str, box: Sandbox | None = None) -> Certificate:
    """Everything that a certificate asks for.

    Args:
        exercise: What is certified.
        text: Its file's text, whose hash the certificate carries.
        box: The sandbox for its code; absent: the shared one.
    """
    started, used = time.process_time(), 0.0
    level = ""
    if isinstance(exercise, Coding):
        from .certify_coding import certify_coding
        from .code import sandbox_for

        box = box or sandbox_for(exercise)
        used = -box.processor
        checks, level = certify_coding(exercise, box), box.level
        used += box.processor
    elif isinstance(exercise, Maths):
        from ..sandbox.box import shared

        box = box or shared()
        used = -box.processor
        checks, level = certify_maths(exercise, box), box.level
        used += box.processor
    elif isinstance(exercise, Choice):
        checks = certify_choice(exercise)
    elif isinstance(exercise, Measure):
        from .measure import certify_measure

        checks = certify_measure(exercise)
    else:
        checks = certify_written(exercise)
    return Certificate(
        id=exercise.id,
        kind=exercise.kind,
        digest=bank.digest(text),
        checks=tuple(checks),
        level=level,
        seconds=round(time.process_time() - started + used, 2),
    )


def read_table(folder: Path) -> dict[str, Certificate]:
    """The certificates kept in a folder, by id; empty when there are none."""
    path = folder / TABLE
    if not path.is_file():
        return {}
    rows = json.loads(path.read_text(encoding="utf-8"))
    return {row["id"]: Certificate.model_validate(row) for row in rows}


def write_table(folder: Path, table: dict[str, Certificate]) -> None:
    """Keep certificates, sorted, through a temporary file."""
    rows = [table[name].model_dump(mode="json") for name in sorted(table)]
    fresh = folder / f".{TABLE}"
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    fresh.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    fresh.replace(folder / TABLE)


def keep_certificate(folder: Path, certificate: Certificate) -> None:
    """Add one certificate to a folder's table."""
    write_table(folder, {**read_table(folder), certificate.id: certificate})


def standing(path: Path, table: dict[str, Certificate]) -> Certificate | None:
    """The certificate of a file as it is now; None when there is none or the file has changed."""
    kept = table.get(path.stem)
    text = path.read_text(encoding="utf-8")
    fits = kept is not None and kept.digest == bank.digest(text) and kept.format == FORMAT
    return kept if fits else None


def wanted(paths: Iterable[Path], table: dict[str, Certificate], turn: int | None) -> list[Path]:
    """Files to certify: without a standing certificate, and with `turn` a rotating tenth."""
    found = []
    for index, path in enumerate(sorted(paths, key=lambda p: p.stem)):
        if standing(path, table) is None or (turn is not None and index % 10 == turn % 10):
            found.append(path)
    return found


def turn_of_today() -> int:
    """Which tenth of the bank is certified again today: every one within ten days."""
    return datetime.now(UTC).toordinal() % 10


def certify_all(
    folder: Path, paths: list[Path], say: Callable[[str], None] = lambda line: None
) -> Iterator[Certificate]:
    """Certify files one by one; each is kept at once, so an interrupted run goes on from there."""
    table = read_table(folder)
    for path in paths:
        text = path.read_text(encoding="utf-8")
        say(f"certifying {path.stem}")
        try:
            certificate = certify(bank.read(path), text)
        except FormatError as error:
            bad = Check(name="format", passed=False, found=str(error))
            certificate = Certificate(
                id=path.stem, kind="unknown", digest=bank.digest(text), checks=(bad,)
            )
        table[certificate.id] = certificate
        write_table(folder, table)
        yield certificate
