"""The append-only record of a run: one JSON line a record, chained by hash, fsynced.

The tape is the only truth: the state of a run is a fold of it. What has its `reply` or `end` is
never asked or run again.
"""

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path
from types import TracebackType
from typing import Any

GENESIS = "0" * 64
Record = dict[str, Any]


class TapeError(Exception):
    """The tape cannot be read or written; the message names the line and the fix."""


class RunLocked(TapeError):
    """Another process holds the run."""


def record_hash(record: Record) -> str:
    """Hash over a record without its own `hash`; the next record carries it as `prev`."""
    body = {key: value for key, value in record.items() if key != "hash"}
    return hashlib.sha256(encode(body)).hexdigest()


def encode(record: Record) -> bytes:
    """A record as one line of canonical JSON; not-a-number is refused."""
    text = json.dumps(record, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


@dataclass(frozen=True)
class Break:
    """Where the chain of a tape is broken.

    Attributes:
        line: 1-based line number.
        why: What is wrong there.
    """

    line: int
    why: str


def read_lines(path: Path) -> tuple[list[bytes], int]:
    """Whole lines of a tape and the bytes that they take; a torn last line is left out."""
    blob = path.read_bytes()
    whole = blob.rfind(b"\n") + 1
    return blob[:whole].splitlines(keepends=True), whole


def check_chain(lines: list[bytes]) -> Break | None:
    """The first line that is not JSON, out of order, or not chained to the one before."""
    prev = GENESIS
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
        except ValueError:
            return Break(number, "not valid JSON")
        if not isinstance(record, dict) or record.get("seq") != number - 1:
            return Break(number, f"sequence number is not {number - 1}")
        if record.get("prev") != prev:
            return Break(number, "does not carry the hash of the line before")
        if encode(record) != line:
            return Break(number, "not in canonical form")
        if record_hash(record) != record.get("hash"):
            return Break(number, "its content does not fit its hash")
        prev = record["hash"]
    return None


def read(path: Path) -> list[Record]:
    """All whole records of a tape.

    Raises:
        TapeError: If there is none, or its chain is broken.
    """
    if not path.exists():
        raise TapeError(f"{path.parent} holds no tape.jsonl: is it a run folder?")
    lines, _ = read_lines(path)
    broken = check_chain(lines)
    if broken:
        raise TapeError(f"{path.name} line {broken.line}: {broken.why}; restore it from a copy")
    return [json.loads(line) for line in lines]


class Tape:
    """A tape opened for writing: locked, torn tail cut, each append on disk before it returns."""

    def __init__(self, folder: Path) -> None:
        """Open or create the tape of a run folder.

        Raises:
            RunLocked: If another process writes to it.
            TapeError: If its chain is broken.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "tape.jsonl"
        self._lock = open(folder / ".lock", "w")  # noqa: SIM115  # held for the life of the tape
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise RunLocked(f"{folder} is in use by another process; wait for it to end") from None
        try:
            self.records = self._recover()
        except TapeError:
            self._lock.close()
            raise
        self._file: BufferedWriter = open(self.path, "ab")  # noqa: SIM115

    def _recover(self) -> list[Record]:
        self._prev = GENESIS
        if not self.path.exists():
            return []
        _, whole = read_lines(self.path)
        if whole < self.path.stat().st_size:
            with open(self.path, "r+b") as file:
                file.truncate(whole)
        records = read(self.path)
        if records:
            self._prev = records[-1]["hash"]
        return records

    def append(self, kind: str, *, sync: bool = True, **fields: Any) -> Record:
        """Write one record.

        Args:
            kind: The record's kind.
            sync: Wait until it is on disk. False only where a power cut may take the record: what
                it was made from is on disk already. A killed process never loses it.
            **fields: What it says.
        """
        record = {
            "seq": len(self.records),
            "prev": self._prev,
            "time": round(time.time(), 3),
            "kind": kind,
            **fields,
        }
        line = encode({**record, "hash": record_hash(record)})
        self._file.write(line)
        self._file.flush()
        if sync:
            os.fsync(self._file.fileno())
        written: Record = json.loads(line)
        self._prev = written["hash"]
        self.records.append(written)
        return written

    def close(self) -> None:
        """Release the file and the lock."""
        self._file.close()
        self._lock.close()

    def __enter__(self) -> "Tape":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)


def without_times(records: list[Record]) -> list[Record]:
    """Records without what may differ between two equal runs: times, and hashes made over them."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: strip(v) for k, v in value.items() if k not in _TIMES}
        if isinstance(value, list):
            return [strip(item) for item in value]
        return value

    return [strip(record) for record in records]


_TIMES = frozenset({"time", "prev", "hash", "seconds", "host", "cached"})
