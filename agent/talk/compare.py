"""Two voices on one question: two talks side by side, each with its own tape and history.

A point that both make on their own is less likely to be invented. The second voice lives in a
folder below the talk; where it missed turns it begins again as a copy of the talk so far.
"""

import threading
from collections.abc import Callable
from pathlib import Path

from ..graph import OnEvent
from ..tape import Record, Tape, read
from .talk import Answer, Talk, TalkStopped

Outcome = Answer | TalkStopped
_CHAINED = ("seq", "prev", "time", "hash", "kind")


class Compare:
    """Puts each turn of a talk to a second voice as well, at the same time.

    Args:
        first: The open talk.
        model: The second voice's language model; empty for another sample of the same.
        on_event: Told of the second voice's records, from another thread.
        on_text: Told of its words as they arrive, from another thread.
    """

    def __init__(
        self,
        first: Talk,
        model: str = "",
        *,
        on_event: OnEvent = lambda record, state: None,
        on_text: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.first = first
        settings = dict(first.config.settings)
        self.settings = tuple(sorted({**settings, "model": model or settings["model"]}.items()))
        self._on_event, self._on_text = on_event, on_text

    @property
    def waiting(self) -> bool:
        """Whether the last turn asked two voices and one of them still owes its answer."""
        turns = self.first.state.turns
        if not turns or turns[-1].mode != "compare":
            return False
        last = self._last()
        owed = last is None or _said(last) != _said(self.first.folder) or not _answered(last)
        return self.first.waiting or owed

    def say(self, text: str) -> tuple[Outcome, Outcome]:
        """A turn of the person, and both answers."""
        self.first.hear(text, "compare")
        return self.answer()

    def answer(self) -> tuple[Outcome, Outcome]:
        """Both answers to the last turn, from wherever the tapes stand.

        A voice that fails gives its `TalkStopped`; the other's answer counts.
        """
        second = self.first.sibling(
            self._folder(), self.settings, self._on_event, self._on_text
        ).__enter__()
        heard: list[Outcome] = []

        def speak() -> None:
            turn = self.first.state.turns[-1]
            if len(second.state.turns) < len(self.first.state.turns):
                second.hear(turn.text, "compare")
            heard.append(_outcome(second))

        # A daemon: an interrupt ends the process at once, and no finished record is lost by it.
        thread = threading.Thread(target=speak, daemon=True)
        thread.start()
        outcome = _outcome(self.first)
        thread.join()
        second.__exit__(None, None, None)
        return outcome, heard[0] if heard else TalkStopped("the second voice broke off")

    def dollars(self) -> float:
        """What second voices of this talk have cost so far, the talk's own turns not counted."""
        total = 0.0
        for folder in self._all():
            records = read(folder / "tape.jsonl")
            for record in records[records[0].get("copied", 0) + 1 :]:
                if record["kind"] == "reply":
                    total += record["reply"]["usage"]["dollars"] or 0.0
        return total

    def _folder(self) -> Path:
        """The second voice's folder, with a tape that has heard every turn but the last."""
        last, turns = self._last(), _said(self.first.folder)
        if last is not None and _said(last) in (turns, turns[:-1]):
            return last
        folder = self.first.folder / f"second-{len(self._all()) + 1}"
        records = read(self.first.folder / "tape.jsonl")
        until = max(n for n, r in enumerate(records) if r["kind"] == "user")
        header = {**_fields(records[0]), "settings": dict(self.settings), "copied": until - 1}
        with Tape(folder) as tape:
            tape.append("run", **header)
            for record in records[1:until]:
                tape.append(record["kind"], **_fields(record))
        return folder

    def _all(self) -> list[Path]:
        found = self.first.folder.glob("second-*/tape.jsonl")
        return sorted((p.parent for p in found), key=lambda p: int(p.name.split("-")[1]))

    def _last(self) -> Path | None:
        own = [
            p for p in self._all()
            if read(p / "tape.jsonl")[:1] and _settings(p) == dict(self.settings)
        ]  # fmt: skip
        return own[-1] if own else None


def agreed(first: Answer, second: Answer) -> list[str]:
    """Lines that both answers quote, verified: what two voices found on their own."""

    def places(answer: Answer) -> set[tuple[str, int]]:
        found = [c.found for c in answer.report.checked if c.found is not None]
        return {(f.source, line) for f in found for line in range(f.first, f.last + 1)}

    return [f"{name}:L{line}" for name, line in sorted(places(first) & places(second))]


def _outcome(talk: Talk) -> Outcome:
    try:
        return talk.answer()
    except TalkStopped as stop:
        return stop


def _said(folder: Path) -> list[str]:
    return [r["text"] for r in read(folder / "tape.jsonl") if r["kind"] == "user"]


def _answered(folder: Path) -> bool:
    from ..state import RunState

    return RunState.from_folder(folder).answered


def _settings(folder: Path) -> dict[str, str]:
    found: dict[str, str] = read(folder / "tape.jsonl")[0]["settings"]
    return found


def _fields(record: Record) -> Record:
    return {key: value for key, value in record.items() if key not in _CHAINED}
