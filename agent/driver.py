"""Who decides the next action: one protocol for playbook, language model, random and replay."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ..tools.spec import Chat, Message, Reply
from .state import Call, RunState


@dataclass(frozen=True)
class Decision:
    """What a driver wants next.

    Attributes:
        calls: Tool calls, run in order.
        reason: One or two sentences, shown to the reader.
        stop: Set to end the run without further calls; says why.
        call_ids: Ids that the language model gave to its calls, in the same order.
        again: No call came out of it; ask the driver once more.
        answer: The reply answers the person's turn; a talk then waits for the next one.
    """

    calls: tuple[Call, ...] = ()
    reason: str = ""
    stop: str | None = None
    call_ids: tuple[str, ...] = ()
    again: bool = False
    answer: bool = False


class DriverFailed(Exception):
    """The driver cannot go on; the message is one redacted line."""


@dataclass(frozen=True)
class RunView:
    """What a driver sees: the folded state, and a way to ask a language model over the tape.

    Attributes:
        state: The run so far; not to be changed.
        ask: Sends messages and records question and reply; a reply that is already on the tape is
            returned without asking again.
        note: Writes a notice for the reader onto the tape.
    """

    state: RunState
    ask: Callable[[Chat, list[Message], list[dict[str, Any]] | None], Reply]
    note: Callable[[str], None]


class Driver(Protocol):
    """Decides. Must be a pure function of the view (apart from `view.ask`)."""

    name: str

    def decide(self, run: RunView) -> Decision:
        """The next decision; raises `DriverFailed` if there can be none."""
        ...
