"""Finds exercises: the bank's folder of data, the learner's own files, by id or by path."""

import difflib
import hashlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .parse import FormatError, parse
from .types import Exercise

BANK = Path(__file__).resolve().parents[3] / "context_files" / "exercises"
OWN = "MECHMENTOR_EXERCISES"


def folders() -> list[Path]:
    """Where exercises lie: the bank, then the learner's own folder."""
    return [BANK, own_folder()]


def own_folder() -> Path:
    """Where a learner's exercises and work files go: `MECHMENTOR_EXERCISES`, else ./exercises."""
    return Path(os.environ.get(OWN, "exercises"))


def files() -> Iterator[Path]:
    """Every exercise file, the bank's first."""
    for folder in folders():
        for path in sorted(folder.rglob("*.md")):
            if path.name != "README.md" and path.parent.name not in ("given", "work"):
                yield path


@cache
def _read(path: Path, stamp: int) -> Exercise:
    exercise = parse(path.read_text(encoding="utf-8"), str(path.name))
    if exercise.id != path.stem:
        raise FormatError(f"{path.name}: its id is {exercise.id!r}, the file's name must be equal")
    return exercise


def read(path: Path) -> Exercise:
    """The exercise in a file.

    Raises:
        FormatError: If it is none.
    """
    return _read(path, path.stat().st_mtime_ns)


def load(folder: Path | None = None) -> dict[str, Exercise]:
    """Every exercise below a folder (default: all), by id."""
    paths = sorted(folder.rglob("*.md")) if folder else list(files())
    found: dict[str, Exercise] = {}
    for path in paths:
        if path.name != "README.md" and path.parent.name not in ("given", "work"):
            exercise = read(path)
            found.setdefault(exercise.id, exercise)
    return found


def path_of(name: str) -> Path:
    """The file of an exercise from its id or its path.

    Raises:
        FileNotFoundError: With near ids.
    """
    direct = Path(name)
    if direct.suffix == ".md" and direct.is_file():
        return direct
    known = {path.stem: path for path in reversed(list(files()))}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    hint = f"did you mean {', '.join(near)}?" if near else "`mechmentor exercise list` shows them"
    raise FileNotFoundError(f"no exercise {name!r}; {hint}")


def find(name: str) -> Exercise:
    """The exercise with this id or path.

    Raises:
        FileNotFoundError: If there is none.
    """
    return read(path_of(name))


def given_files(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Modules of the bank's `given` folder that an exercise may import: (name, text)."""
    return tuple((n, (BANK / "given" / n).read_text(encoding="utf-8")) for n in names)


def digest(text: str) -> str:
    """Content hash of an exercise file and the modules it imports: what a certificate is for."""
    front = text.split("\n---", 1)[0]
    used = [p for p in sorted((BANK / "given").glob("*.py")) if p.name in front]
    parts = [text, *(p.read_text(encoding="utf-8") for p in used)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
