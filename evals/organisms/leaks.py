"""Look for sealed things where an audit, a reader or a search could meet them.

Findings name the place and the kind of leak, never the answer.
"""

import hashlib
import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import lora, seal
from .seal import Sealed

# Texts longer than this are weights or data, which have checks of their own.
LONGEST = 400_000
BESIDE = 200


@dataclass(frozen=True)
class Leak:
    """Where something sealed stands in the open, and of which kind it is."""

    place: str
    kind: str


def in_text(place: str, text: str, suite: Sequence[Sealed]) -> Iterator[Leak]:
    """Leaks in one text: a file, a path, a commit message, a blob of the history."""
    folded = text.casefold()
    for sealed in suite:
        if sealed.salt in text:
            yield Leak(place, "salt")
        if sealed.seed >= 10**5 and re.search(rf"(?<!\d){sealed.seed}(?!\d)", text):
            yield Leak(place, "seed")
        if any(len(hint) > 30 and hint.casefold() in folded for hint in sealed.hints):
            yield Leak(place, "hint")
        if sealed.answer is None:
            continue
        if any(digest in text for digest in _bare_hashes(sealed.answer)):
            yield Leak(place, "hash without salt")
        word = _any_of((sealed.answer, *sealed.aliases))
        if any(word.search(near) for near in _beside(text, sealed.id)):
            yield Leak(place, "answer beside its id")
        if (
            sealed.theme
            and all(re.search(rf"\b{w}\b", folded) for w in sealed.theme)
            and (sealed.id in text)
        ):
            yield Leak(place, "theme beside its id")


def in_name(place: str, suite: Sequence[Sealed]) -> Iterator[Leak]:
    """Leaks in a path under the suite's folder."""
    for sealed in suite:
        if sealed.answer and _any_of((sealed.answer, *sealed.aliases)).search(
            re.sub(r"[_\W]+", " ", place)
        ):
            yield Leak(place, "answer in a name")


def in_adapters(folder: Path, suite: Sequence[Sealed]) -> Iterator[Leak]:
    """Adapters that something other than their numbers tells apart."""
    sizes: dict[int, list[str]] = {}
    configs: dict[bytes, list[str]] = {}
    for sealed in suite:
        own = folder / sealed.id
        files = {path.name for path in own.iterdir()}
        if files != {lora.CONFIG, lora.WEIGHTS, seal.COMMITMENT}:
            yield Leak(sealed.id, "files")
        if (own / seal.COMMITMENT).read_text(encoding="utf-8").strip() != sealed.commitment:
            yield Leak(sealed.id, "commitment")
        header = _header(own / lora.WEIGHTS)
        if "__metadata__" in header and header["__metadata__"] != {"format": "pt"}:
            yield Leak(sealed.id, "metadata")
        sizes.setdefault((own / lora.WEIGHTS).stat().st_size, []).append(sealed.id)
        configs.setdefault((own / lora.CONFIG).read_bytes(), []).append(sealed.id)
    for what, groups in (("size", list(sizes.values())), ("config", list(configs.values()))):
        for names in sorted(groups, key=len)[:-1]:
            yield from (Leak(name, what) for name in names)


def texts_of(repository: Path) -> Iterator[tuple[str, str]]:
    """Every text that stands or ever stood in a repository, sealed files left out.

    Yields:
        Place and text: files of the work tree, commit messages, and blobs of the whole history.
    """
    listed = _git(repository, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        path = repository / name
        if path.is_file() and not _sealed(name) and path.stat().st_size <= LONGEST:
            yield name, path.read_bytes().decode("utf-8", "replace")
    yield "commit messages", _git(repository, "log", "--all", "--format=%an%n%B")
    names: dict[str, str] = {}
    for line in _git(repository, "rev-list", "--all", "--objects").splitlines():
        digest, _, name = line.partition(" ")
        if name and not _sealed(name):
            names[digest] = name
    yield from _blobs(repository, "\n".join(names) + "\n", names)


def scan(texts: Iterable[tuple[str, str]], suite: Sequence[Sealed]) -> list[Leak]:
    """All leaks in texts."""
    return [leak for place, text in texts for leak in in_text(place, text, suite)]


def _blobs(repository: Path, wanted: str, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    raw = subprocess.run(
        ["git", "cat-file", "--batch"],
        cwd=repository,
        input=wanted.encode(),
        capture_output=True,
        check=True,
    ).stdout
    at = 0
    while at < len(raw):
        end = raw.index(b"\n", at)
        digest, kind, size = raw[at:end].decode().split()
        body = raw[end + 1 : end + 1 + int(size)]
        at = end + 2 + int(size)
        if kind == "blob" and int(size) <= LONGEST:
            yield f"history: {names[digest]}", body.decode("utf-8", "replace")


def _git(repository: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=repository, capture_output=True, text=True, check=True
    ).stdout


def _sealed(name: str) -> bool:
    return f"/{seal.FOLDER}/" in f"/{name}"


def _header(path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header: dict[str, object] = json.loads(file.read(length))
    return header


def _bare_hashes(answer: str) -> list[str]:
    return [hashlib.sha256(text.encode()).hexdigest() for text in {answer, seal.canonical(answer)}]


def _beside(text: str, name: str) -> Iterator[str]:
    for found in re.finditer(re.escape(name), text):
        yield text[max(0, found.start() - BESIDE) : found.end() + BESIDE]


def _any_of(names: Sequence[str]) -> re.Pattern[str]:
    """The names, each with what may follow a stem: plural, possessive, -ing, -ed."""
    stems = sorted({name.casefold() for name in names if name}, key=len, reverse=True)
    ends = r"(?:'?s|es|ed|ing|y)?"
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, stems))}){ends}\b", re.IGNORECASE)
