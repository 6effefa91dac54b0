"""A talk with a tutor: turns of a person over one tape, resumed like any run."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from ...tools import catalog
from ...tools.spec import ACCESS_ORDER, Chat, Message, Refusal, Reply
from ...tools.study.contexts.library import DEFAULT, Library
from ...tools.study.quotes.check import Report, check_reply
from ..case import Budget
from ..chat.errors import ChatError
from ..drivers.tutor_driver import TutorDriver
from ..graph import OnEvent, Session
from ..state import Experiment, RunState, Turn
from ..tape import Tape, TapeError

if TYPE_CHECKING:
    from ...tools.workbench import Workbench

Mode = Literal["ask", "skim", "compare"]
CONTEXT_TOKENS = 150_000
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
        context_tokens: Tokens of the contexts at most; over that the passages nearest to the first
            question are sent.
    """

    contexts: tuple[str, ...] = ()
    model: str | None = "bundled"
    base: str | None = None
    budget: Budget = field(default_factory=lambda: Budget(calls=None, tokens=None, seconds=None))
    settings: tuple[tuple[str, str], ...] = ()
    context_tokens: int = CONTEXT_TOKENS


@dataclass(frozen=True)
class Answer:
    """The tutor's answer to a turn.

    Attributes:
        text: As it came.
        report: Its quotations checked; `report.text` has the unverified ones struck out.
        experiments: Ids of the tool calls that it rests on.
        left_out: What the tutor did not see of the contexts, one line each.
    """

    text: str
    report: Report
    experiments: tuple[str, ...]
    left_out: tuple[str, ...] = ()


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
        return not self.state.answered or bool(self.state.pending)

    def hear(self, text: str, mode: Mode = "ask") -> None:
        """Put a turn of the person on the tape, to be answered by `answer`."""
        self.session.record("user", text=text, mode=mode)

    def say(self, text: str, mode: Mode = "ask") -> Answer:
        """A turn of the person, and the tutor's answer.

        Raises:
            TalkStopped: If there is no answer; nothing that was said is lost.
        """
        self.hear(text, mode)
        return self.answer()

    def call(self, tool: str, arguments: dict[str, Any]) -> Experiment:
        """Run a tool at the person's own wish; the tutor does not see the result."""
        calls = [{"tool": tool, "arguments": arguments, "call_id": None}]
        self.session.record("decision", calls=calls, reason="the person asked", stop=None)
        self.session.run()
        return self.state.experiments[-1]

    def preview(
        self, text: str, mode: Mode = "ask"
    ) -> tuple[list[Message], list[dict[str, Any]] | None]:
        """Messages and tools that the first request of a turn would carry; nothing is recorded."""
        state = RunState.from_tape(self._tape.records)
        state.turns.append(Turn(text, mode))
        return self.driver.request(state)

    def sibling(
        self,
        folder: Path,
        settings: tuple[tuple[str, str], ...],
        on_event: OnEvent,
        on_text: Callable[[str], None],
    ) -> "Talk":
        """A talk on the same contexts and model, with another language model or sample."""
        config = replace(self.config, settings=settings)
        return Talk(
            folder, config, self._make_chat, library=self.library, open_models=self._open_models,
            on_event=on_event, on_text=on_text,
        )  # fmt: skip

    def answer(self) -> Answer:
        """The answer to the last turn, from wherever the tape stands.

        Raises:
            TalkStopped: If there is none; the same call tries again.
        """
        state = self.state
        before, asked = len(state.experiments), not state.answered
        state.stopped = None  # a talk goes on where an audit would have ended
        self.session.run()
        if not state.answered:
            reason = state.stopped or f"no {state.exhausted()} left in this talk"
            raise TalkStopped(reason.removeprefix("driver failed: "))
        replies = [e.reply for e in state.exchanges if e.reply is not None]
        text = Reply.model_validate(replies[-1]).text if replies and asked else ""
        report = check_reply(text, self.library.sources(self.config.contexts))
        ids = tuple(e.id for e in state.experiments[before:])
        return Answer(text, report, ids, self.driver.left_out(self.state))

    def _session(self) -> Session:
        names = self.config.contexts
        chat = self._make_chat(dict(self.config.settings))
        sources = self.library.sources(names) if names else []
        self.driver = TutorDriver(chat, sources, self._tools(), self.config.context_tokens)
        return Session(
            self._tape,
            None,
            self.driver,
            on_event=self._on_event,
            on_text=self._on_text,
            # Nothing but the contexts of this talk can leave the machine through a tool.
            library=Library(self.library.folder, only=(DEFAULT, *names), chat=_Refusing(chat)),
            open_bench=self._bench,
        )

    def _tools(self) -> list[str]:
        """Names of the tools that the talk offers: those of contexts, and those of a model."""
        access = "base" if self.config.base else "target"
        bare = self.config.model is None or self._open_models is None
        found = []
        for name in catalog.CATALOG:
            # A talk without a model never loads torch only to learn what it cannot offer.
            if name in AUDIT_ONLY or (bare and catalog.CATALOG[name].room != "study"):
                continue
            try:
                tool = catalog.load(name)
            except ModuleNotFoundError:
                continue  # the extra `models` is not installed
            if tool.need.__name__ == "Instrument":
                continue  # a tutor is a language model itself
            of_model = tool.need is not Library
            if of_model and bare:
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
            "context_tokens": self._new.context_tokens,
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
        context_tokens=header.get("context_tokens", CONTEXT_TOKENS),
    )


class _Refusing:
    """A chat for tools: what the API does wrong ends the call, not the talk."""

    def __init__(self, chat: Chat) -> None:
        self._chat, self.model = chat, chat.model

    def complete(
        self,
        messages: list[Message],
        tools: list[dict[str, Any]] | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        try:
            return self._chat.complete(messages, tools, on_text)
        except ChatError as error:
            raise Refusal("model_limit", str(error), "try again later") from None
