"""What language models have cost, kept beside the user's data: one line a reply, only added to."""

import datetime
import json
import os
from pathlib import Path
from typing import Any

import platformdirs

from ...tools.spec import Usage


def data_folder() -> Path:
    """Where the user's data go: `MECHMENTOR_DATA`, else the platform's place."""
    return Path(os.environ.get("MECHMENTOR_DATA") or platformdirs.user_data_path("mechmentor"))


def spending_file() -> Path:
    """The file of all bookings."""
    return data_folder() / "spending.jsonl"


def book(model: str, usage: Usage, run: str = "") -> None:
    """Add one reply.

    Raises:
        OSError: If the file cannot be written.
    """
    record = {
        "time": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "model": model,
        "run": run,
        **usage.model_dump(),
    }
    path = spending_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    line = (json.dumps(record, allow_nan=False) + "\n").encode()
    # One write in append mode: runs side by side never tear each other's lines.
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(handle).st_size
        if size and _last(handle) != b"\n":  # a line torn by a full disk
            line = b"\n" + line
        os.write(handle, line)
    finally:
        os.close(handle)


def _last(handle: int) -> bytes:
    os.lseek(handle, -1, os.SEEK_END)
    return os.read(handle, 1)


def totals(today: datetime.date | None = None) -> dict[str, Any]:
    """Sums of today, of this month and by model; replies of unknown cost are counted apart.

    Returns:
        `today`, `month`, `models`, `unreadable`; each sum has `replies`, `dollars` (of the known
        costs), `unknown` (replies without a cost), `input_tokens`, `output_tokens`.
    """
    day = (today or datetime.date.today()).isoformat()
    found: dict[str, Any] = {"today": _zero(), "month": _zero(), "models": {}, "unreadable": 0}
    path = spending_file()
    for line in path.read_bytes().split(b"\n") if path.exists() else []:
        if not line:
            continue
        try:
            record = json.loads(line)
            time, model = str(record["time"]), str(record["model"])
            usage = Usage.model_validate({k: record[k] for k in Usage.model_fields})
        except (ValueError, KeyError, TypeError):
            found["unreadable"] += 1
            continue
        sums = [found["models"].setdefault(model, _zero())]
        sums += [found["today"]] if time[:10] == day else []
        sums += [found["month"]] if time[:7] == day[:7] else []
        for total in sums:
            _add(total, usage)
    return found


def _zero() -> dict[str, Any]:
    return {"replies": 0, "dollars": 0.0, "unknown": 0, "input_tokens": 0, "output_tokens": 0}


def _add(total: dict[str, Any], usage: Usage) -> None:
    total["replies"] += 1
    if usage.dollars is None:
        total["unknown"] += 1
    else:
        total["dollars"] = round(total["dollars"] + usage.dollars, 8)
    total["input_tokens"] += usage.input_tokens or 0
    total["output_tokens"] += usage.output_tokens or 0
