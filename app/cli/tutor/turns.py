"""The turns of a talk at the terminal: slash commands, answers, two voices."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..exits import PROVIDER, Stop
from .lines import edited, text_of
from .money import Purse, say

if TYPE_CHECKING:
    from ....agent.state import RunState
    from ....agent.talk.compare import Compare, Outcome
    from ....agent.talk.talk import Answer, Mode, Talk
    from ....agent.tape import Record

HELP = """\
/skim TEXT       map of a reading; of several, a ranked list
/compare TEXT    the same question to two voices at once; /compare on, /compare off for every turn
/merge           have the tutor weigh the second voice's answer and merge both
/feedback TEXT   criticism of your own words in a new conversation that does not know whose they are
/edit, /file F   write the turn in $EDITOR, take it from a file (also: /feedback edit, /skim F)
/cost /contexts  what this talk has cost; what the tutor has before it
/quit            end (the talk stays: mechmentor chat --resume ID)"""
MAP = "Map the reading for me."


@dataclass
class Voices:
    """Two streams on one terminal: the first as it comes, the second behind it."""

    held: list[str] = field(default_factory=list)
    free: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)

    def first(self, text: str) -> None:
        """The first voice's words."""
        print(text, end="", flush=True)

    def second(self, text: str) -> None:
        """The second voice's words, kept while the first speaks."""
        with self.lock:
            self.held.append(text)

    def second_event(self, record: "Record", state: "RunState") -> None:
        """The second voice's tool results, kept in their place."""
        for line in event_lines(record, state):
            self.second(line + "\n")

    def release(self) -> str:
        """All that the second voice has said."""
        with self.lock:
            said, self.held = "".join(self.held), []
        return said


@dataclass
class Turns:
    """Reads turns and answers them.

    Attributes:
        talk: The open talk.
        compare: Its second voice.
        voices: How both are shown.
        purse: What may be spent.
        mode: Of turns without a slash.
    """

    talk: "Talk"
    compare: "Compare"
    voices: Voices
    purse: Purse
    mode: "Mode"
    announced: bool = False
    other: "Answer | None" = None
    code: int = 0

    def go(self, lines: Iterable[str], *, one: bool) -> int:
        """All turns; the last problem's exit code."""
        if self.compare.waiting:
            say("the last turn has no answer yet: going on with it")
            self._both(self.compare.answer())
        elif self.talk.waiting:
            say("the last turn has no answer yet: going on with it")
            self._one()
        for line in lines:
            text = line.strip()
            if text in ("/quit", "/exit"):
                break
            if not text:
                continue
            try:
                self._line(text)
            except Stop as stop:
                say(f"mechmentor: {stop}")
                self.code = stop.code
            if one:
                break
        return self.code

    def _line(self, text: str) -> None:
        word, _, rest = text.partition(" ")
        rest = rest.strip()
        match word:
            case "/help":
                say(HELP)
            case "/cost":
                say(self._cost())
            case "/contexts":
                say("\n".join(self.talk.config.contexts) or "none: mechmentor chat -c NAME")
            case "/edit":
                self._turn(edited(), self.mode)
            case "/file":
                from ..context import read_text

                self._turn(read_text(rest), self.mode)
            case "/skim":
                self._turn(text_of(rest) if rest else MAP, "skim")
            case "/compare" if rest in ("on", "off", ""):
                self.mode = "ask" if rest == "off" else "compare"
                say(f"every turn goes to {'one voice' if rest == 'off' else 'two voices'} now")
            case "/compare":
                self._turn(text_of(rest), "compare")
            case "/merge":
                self._merge()
            case "/feedback":
                self._feedback(text_of(rest) if rest else edited())
            case _ if word.startswith("/") and word.count("/") == 1:
                say(f"there is no {word}\n{HELP}")
            case _:
                self._turn(text, self.mode)

    def _turn(self, text: str, mode: "Mode") -> None:
        voices = 2 if mode == "compare" else 1
        if not self.announced:
            self.announced = True
            self.purse.announce(self.talk, text, mode, voices)
        self.purse.allow(self.talk, text, mode, voices, self._spent())
        if mode == "compare":
            say(f"[first voice: {self.talk.driver.chat.model}]")
            self._both(self.compare.say(text))
            return
        self.talk.hear(text, mode)
        self._one()

    def _one(self) -> None:
        from ....agent.talk.talk import TalkStopped

        try:
            self._finish(self.talk.answer())
        except TalkStopped as stop:
            self._stopped(stop)

    def _both(self, outcomes: "tuple[Outcome, Outcome]") -> None:
        from ....agent.talk.compare import agreed
        from ....agent.talk.talk import Answer

        first, second = outcomes
        self._finish(first) if isinstance(first, Answer) else self._stopped(first)
        say(f"\n[second voice: {dict(self.compare.settings)['model']}]")
        said = self.voices.release()
        if isinstance(second, Answer):
            print(said or second.text)
            self.other = second
            _verdict(second)
        else:
            self._stopped(second)
        if isinstance(first, Answer) and isinstance(second, Answer):
            both = agreed(first, second)
            say(f"both quote {', '.join(both)}" if both else "no verified line is quoted by both")
            say("/merge has the tutor weigh both")

    def _finish(self, answer: "Answer") -> None:
        from ....agent.talk.money import turn_cost

        print()
        _verdict(answer)
        if answer.text:
            say(turn_cost(self.talk.state))

    def _stopped(self, stop: Exception) -> None:
        say(f"\nno answer: {stop}; `mechmentor chat --resume {self.talk.folder.name}` tries again")
        self.code = PROVIDER

    def _merge(self) -> None:
        from ....prompts import render

        if self.other is None:
            raise Stop("there is no second answer yet; ask with /compare TEXT")
        self._turn(render("tutor_merge", other=self.other.text), "ask")

    def _feedback(self, text: str) -> None:
        from ....tools.study.contexts.library import DEFAULT

        self.purse.allow(self.talk, text, "ask", 1, self._spent())
        names = list(self.talk.config.contexts) or [DEFAULT]
        arguments: dict[str, Any] = {"text": text, "contexts": names[:4]}
        if self.talk.call("criticise_text", arguments).failure is not None:
            self.code = PROVIDER

    def _spent(self) -> float:
        return self.talk.state.spend.dollars + self.compare.dollars()

    def _cost(self) -> str:
        spend = self.talk.state.spend
        unknown = f", {spend.unknown} replies of unknown price" if spend.unknown else ""
        calls = f"{spend.calls} tool calls, {spend.tokens:,} tokens through the local model"
        return f"${self._spent():.4f}{unknown}, {calls}"


def _verdict(answer: "Answer") -> None:
    for line in answer.left_out:
        say(f"not seen: {line}")
    report = answer.report
    if report.checked:
        say(report.summary)
    for item in report.checked:
        if item.status == "unverified":
            say(f"  struck out, not in the contexts: “{item.quotation.text[:100]}”")
            if item.near:
                say(f"    nearest ({item.near.source}:L{item.near.line}): “{item.near.text}”")
    for note in report.notes:
        say(f"  {note}")


def event_lines(record: "Record", state: "RunState") -> list[str]:
    """What a record shows: a call as it starts, its result as a picture with its control."""
    from ....tools.view import result_text

    experiment = state.find(record["id"]) if "id" in record else None
    if record["kind"] == "start" and experiment:
        return [f"\n[{record['id']} {record['tool']} {str(experiment.args)[:300]}]"]
    if record["kind"] == "end" and experiment:
        result = experiment.open_result()
        return [result_text(result) if result else str(experiment.failure)]
    return [record["text"]] if record["kind"] == "note" else []
