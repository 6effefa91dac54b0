"""Token windows of a corpus of any size, on disk and mapped into memory.

Segments are taken at even distances over the whole text, so that a large file costs no more than
what is used of it. The windows are kept under the hashes of text and tokenizer.
"""

import hashlib
import json
import mmap
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..model import Model
from ..spec import Refusal
from .documentation import OTHERS, PACKAGES, documentation

_SEGMENT = 16384  # bytes that are tokenised together
_SUFFIXES = {".txt", ".md", ".rst"}
Buffer = bytes | mmap.mmap


@dataclass(frozen=True)
class Corpus:
    """Windows of equal length.

    Attributes:
        tokens: [window, pos], mapped from disk.
        sha256: Hash of the text they were taken from.
        name: What the text is.
        share: Share of the text's bytes that was read.
    """

    tokens: Any
    sha256: str
    name: str
    share: float


def open_corpus(
    model: Model,
    path: Path | None,
    *,
    windows: int,
    length: int,
    cache: Path,
    held_out: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Corpus:
    """At most `windows` windows of `length` tokens, each with the model's first token in front.

    Args:
        model: Whose tokenizer is used.
        path: A text file, or a folder of .txt, .md and .rst files; None for the documentation of
            installed packages.
        windows: Most windows.
        length: Tokens of each.
        cache: Folder in which the windows are kept.
        held_out: Without a path: documentation of packages on which nothing is trained.
        on_progress: Called with (bytes read, bytes to read).

    Raises:
        Refusal: `bad_args`, for a path without text: missing, binary, empty, too short.
    """
    buffers, name = _buffers(path, OTHERS if held_out else PACKAGES)
    digest = hashlib.sha256()
    for buffer in buffers:
        digest.update(buffer)
    sha256 = digest.hexdigest()
    tokenizer = hashlib.sha256(json.dumps(model.tokenizer.get_vocab(), sort_keys=True).encode())
    key = f"{sha256[:16]}-{tokenizer.hexdigest()[:16]}-{windows}x{length}"
    kept, facts = cache / f"{key}.npy", cache / f"{key}.json"
    if not facts.exists():
        cache.mkdir(parents=True, exist_ok=True)
        share = _write(model, buffers, kept, windows, length, on_progress)
        facts.write_text(json.dumps({"share": share, "text": name}))
    share = json.loads(facts.read_text())["share"]
    return Corpus(np.load(kept, mmap_mode="r"), sha256, name, share)


def _buffers(path: Path | None, packages: tuple[str, ...]) -> tuple[list[Buffer], str]:
    if path is None:
        text, named = documentation(packages)
        if not text:
            raise Refusal("bad_args", "no documentation is installed", "give a corpus of your own")
        return [text.encode()], f"documentation of {named}"
    files = [path]
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.suffix in _SUFFIXES and p.is_file())
    found: list[Buffer] = []
    for file in files:
        if not file.exists():
            raise Refusal("bad_args", f"there is no {file.name}", "give a text file or a folder")
        if not file.stat().st_size:
            continue
        with file.open("rb") as handle:
            buffer = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        _check_text(buffer, file.name)
        found.append(buffer)
    if not found:
        raise Refusal(
            "bad_args", f"{path.name} holds no text", "give a text file, or a folder of .txt files"
        )
    return found, path.name


def _check_text(buffer: Buffer, name: str) -> None:
    """Refuse what is not UTF-8 text, by samples from its beginning, middle and end."""
    for start in {0, len(buffer) // 2, max(0, len(buffer) - 65536)}:
        sample = bytes(buffer[start : start + 65536])
        lost = sample.decode("utf-8", errors="replace").count("\ufffd")
        if b"\0" in sample or lost > 8 + len(sample) // 200:
            raise Refusal("bad_args", f"{name} is binary, not text", "give UTF-8 text")


def _write(
    model: Model,
    buffers: list[Buffer],
    kept: Path,
    windows: int,
    length: int,
    on_progress: Callable[[int, int], None] | None,
) -> float:
    """Tokenise spread segments into one file; the share of the bytes that were read."""
    places = [(b, s) for b in range(len(buffers)) for s in range(0, len(buffers[b]), _SEGMENT)]
    # About three bytes a token at least: enough segments for all windows, at even distances.
    wanted = -(-windows * length * 5 // _SEGMENT)
    if wanted < len(places):
        places = [places[i * len(places) // wanted] for i in range(wanted)]
    start = [] if model.bos_id is None else [model.bos_id]
    body = length - len(start)
    rows: list[list[int]] = []
    pending: list[int] = []
    read = 0
    for number, (index, offset) in enumerate(places):
        segment = bytes(buffers[index][offset : offset + _SEGMENT])
        read += len(segment)
        text = segment.decode("utf-8", errors="ignore")
        if offset:  # begin at a whole word
            text = text.partition(" ")[2] or text
        pending = model.text_ids(text, bos=False)
        rows += [[*start, *pending[i : i + body]] for i in range(0, len(pending) - body + 1, body)]
        if on_progress:
            on_progress(number + 1, len(places))
    if not rows:
        raise Refusal(
            "bad_args",
            f"the corpus has fewer than {body} tokens in one piece",
            "give a longer text",
        )
    taken = [rows[i] for i in _spread(len(rows), windows)]
    descriptor, temporary = tempfile.mkstemp(dir=kept.parent, suffix=".npy")
    with os.fdopen(descriptor, "wb") as file:
        np.save(file, np.asarray(taken, dtype=np.int32))
    os.replace(temporary, kept)
    return read / sum(map(len, buffers))


def _spread(count: int, most: int) -> Iterator[int]:
    yield from (range(count) if count <= most else (i * count // most for i in range(most)))
