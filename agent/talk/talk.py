"""A talk with a tutor: turns of a person over one tape, resumed like any run."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from ...tools import catalog
from ...tools.spec import ACCESS_ORDER, Chat, Reply
from ...tools.study.contexts.library import Library
from ...tools.study.contexts.pack import pack
from ...tools.study.quotes.check import Report, check_reply
from ..case import Budget
from ..drivers.tutor_driver import TutorDriver
from ..graph import OnEvent, Session
from ..state import RunState
from ..tape import Tape, TapeError

if TYPE_CHECKING:
    from ...tools.workbench import Workbench

Mode = Literal["ask", "skim"]
# Tools that only make sense in an audit.
AUDIT_ONLY = ("register_hypothesis", "submit_claims", "test_claim")


class TalkStopped(Exception):
    """A turn has no answer; the message is one line. The talk can go on."""


@dataclass(frozen=True)
class TalkConfig:
    """What a talk is opened with; all of it stands in the tape's first record.

    Attributes:
        contexts: Names of the contexts that the tutor has before it.
        model: A local model for the tools: `bundled`, a folder or a hub id; None offers none.
        base: The model that it was trained from.
        budget: What the talk may cost.
        settings: Provider, address and name of the language model; never a key.
    """

    contexts: tuple[str, ...] = ()
    model: str | None = "bundled"
    base: str | None = None
    budget: Budget = field(default_factory=lambda: Budget(calls=None, tokens=None, seconds=None))
    settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Answer:
    """The tutor's answer to a turn.

    Attributes:
        text: As it came.
        report: Its quotations checked; `report.text` has the unverified ones struck out.
        experiments: Ids of the tool calls that it rests on.
    """

    text: str
    report: Report
    experiments: tuple[str, ...]


def new_folder(parent: Path) -> Path:
    """A fresh folder for a talk, named by time."""
    return parent / f"{datetime.now():%Y%m%d-%H%M%S}-talk-{secrets.token_hex(2)}"


class Talk:
    """An open talk. Use it as a context manager: it holds the tape's lock.

    Args:
        folder: Of the talk; one with a tape goes on.
        config: Of a new talk; an old one keeps its own.
        make_chat: Builds the language model from the settings.
        library: The learner's contexts.
        open_models: Loads model and base when a tool first needs them.
        on_event: Told of every record.
        on_text: Told of the answer's words as they arrive.

    Raises:
        TapeError: If the talk is open elsewhere, its tape is broken, or a context has changed.
    """

    def __init__(
        self,
        folder: Path,
        config: TalkConfig,
        make_chat: Callable[[dict[str, str]], Chat],
        *,
        library: Library,
        open_models: Callable[[TalkConfig, Path], "Workbench"] | None = None,
        on_event: OnEvent = lambda record, state: None,
        on_text: Callable[[str], None] | None = None,
    ) -> None:
        self.folder = folder
        self._new = config
        self._make_chat = make_chat
        self.library = library
        self._open_models = open_models
        self._on_event, self._on_text = on_event, on_text

    def __enter__(self) -> "Talk":
        self._tape = Tape(self.folder)
        try:
            if not self._tape.records:
                self._tape.append("run", **self._header())
            self.config = _config(self._tape.records[0])
            self._same_contexts(self._tape.records[0]["contexts"])
            self.session = self._session()
        except BaseException:
            self._tape.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tape.__exit__(kind, error, trace)

    @property
    def state(self) -> RunState:
        """The talk so far."""
        return self.session.state

    @property
    def waiting(self) -> bool:
        """Whether the last turn still lacks its answer: a killed talk goes on with `answer`."""
        return not self.state.answered

    def say(self, text: str, mode: Mode = "ask") -> Answer:
        """A turn of the person, and the tutor's answer.

        Raises:
            TalkStopped: If there is no answer; nothing that was said is lost.
        """
        self.session.record("user", text=text, mode=mode)
        return self.answer()

    def answer(self) -> Answer:
        """The answer to the last turn, from wherever the tape stands.

        Raises:
            TalkStopped: If there is none; the same call tries again.
        """
        state = self.state
        before = len(state.experiments)
        state.stopped = None  # a talk goes on where an audit would have ended
        self.session.run()
        if not state.answered:
            reason = state.stopped or f"no {state.exhausted()} left in this talk"
            raise TalkStopped(reason.removeprefix("driver failed: "))
        last = next(e for e in reversed(state.exchanges) if e.reply is not None)
        text = Reply.model_validate(last.reply).text
        report = check_reply(text, self.library.sources(self.config.contexts))
        ids = tuple(e.id for e in state.experiments[before:])
        return Answer(text, report, ids)

    def _session(self) -> Session:
        names = self.config.contexts
        packed = pack(self.library.sources(names)).text if names else ""
        driver = TutorDriver(self._make_chat(dict(self.config.settings)), packed, self._tools())
        return Session(
            self._tape,
            None,
            driver,
            on_event=self._on_event,
            on_text=self._on_text,
            library=self.library,
            open_bench=self._bench,
        )

    def _tools(self) -> list[str]:
        """Names of the tools that the talk offers: those of contexts, and those of a model."""
        access = "base" if self.config.base else "target"
        found = []
        for name in catalog.CATALOG:
            if name in AUDIT_ONLY:
                continue
            try:
                tool = catalog.load(name)
            except ModuleNotFoundError:
                continue  # the extra `models` is not installed
            if tool.need.__name__ == "Instrument":
                continue  # a tutor is a language model itself
            of_model = tool.need is not Library
            if of_model and (self.config.model is None or self._open_models is None):
                continue
            if not of_model or ACCESS_ORDER[tool.access] <= ACCESS_ORDER[access]:
                found.append(name)
        return found

    def _bench(self, tool: str) -> "Workbench | None":
        if self._open_models is None or catalog.load(tool).need is Library:
            return None
        return self._open_models(self.config, self.folder)

    def _header(self) -> dict[str, Any]:
        return {
            "role": "tutor",
            "driver": "tutor",
            "contexts": {n: self.library.card(n).sha256 for n in self._new.contexts},
            "target": self._new.model,
            "base": self._new.base,
            "seed": 0,
            "device": "auto",
            "dtype": "float32",
            "budget": self._new.budget.model_dump(mode="json"),
            "settings": dict(self._new.settings),
        }

    def _same_contexts(self, hashes: dict[str, str]) -> None:
        for name, sha256 in hashes.items():
            if self.library.card(name).sha256 != sha256:
                raise TapeError(
                    f"the context {name!r} is another text than when the talk began; "
                    "start a new talk"
                )


def _config(header: dict[str, Any]) -> TalkConfig:
    return TalkConfig(
        contexts=tuple(header["contexts"]),
        model=header["target"],
        base=header["base"],
        budget=Budget.model_validate(header["budget"]),
        settings=tuple(sorted(header["settings"].items())),
    )
