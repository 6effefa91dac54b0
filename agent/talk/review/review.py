"""A review over a tape: a map, four aspects, a defence of each; nothing answered is paid again."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....tools.critique.findings import Finding
from ....tools.critique.report import Assertion, Review
from ....tools.spec import Chat, Message, Reply
from ...chat.prices import Price
from ...tape import Record, Tape, TapeError
from . import purse
from .conversations import ASPECTS, defence_pass, hashes, map_pass, review_pass
from .pictures import Picture
from .replies import Defence, Draft, UnusableReply, assertions, defences, findings, ids, parse
from .verdict import figures_line, judged

MOST_CALLS = 12
_AGAIN = "That could not be read. Answer with the JSON value alone, in the form that was asked for."


@dataclass
class Outcome:
    """What a review found.

    Attributes:
        findings: Findings that stand.
        review: What was thrown away, and what it cost.
        stopped: Why it ended early; "" if it did not.
    """

    findings: list[Finding]
    review: Review
    stopped: str = ""


@dataclass
class _Heard:
    """What the passes have said so far, checked."""

    known: list[Assertion] = field(default_factory=list)
    raised: list[Finding] = field(default_factory=list)
    unseen: list[Finding] = field(default_factory=list)
    dropped: int = 0
    answers: list[Defence] = field(default_factory=list)
    passes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@dataclass
class Reviewer:
    """Reads one draft.

    Attributes:
        folder: Of the tape; one with a tape goes on.
        draft: The draft.
        chat: The language model.
        price: Its price, if known.
        limit: Most dollars.
        pictures: Figures that the model is shown.
        deaf: Document lines that give orders to reviewers; they refute nothing.
        say: Told what happens.
    """

    folder: Path
    draft: Draft
    chat: Chat
    price: Price | None = None
    limit: float | None = None
    pictures: Sequence[Picture] = ()
    deaf: frozenset[int] = frozenset()
    say: Callable[[str], None] = lambda line: None

    def run(self) -> Outcome:
        """All passes, from wherever the tape stands.

        Raises:
            ChatError: If the model cannot be reached; the same call goes on from there.
            TapeError: If the folder holds another review, or is in use.
        """
        heard, stopped = _Heard(), ""
        with Tape(self.folder) as tape:
            self._open(tape)
            try:
                self._passes(tape, heard)
            except purse.BudgetReached as reached:
                stopped = str(reached)
            tape.append("status", status="out_of_budget" if stopped else "done", sync=False)
            calls = sum(r["kind"] == "ask" for r in tape.records)
            dollars = purse.spent(tape.records)
        stand, refuted = judged(ids(heard.raised), heard.answers, self.deaf)
        review = Review(
            model=self.chat.model,
            passes=tuple(heard.passes),
            missing=(*heard.missing, *((f"the rest: {stopped}",) if stopped else ())),
            calls=calls,
            dollars=dollars,
            assertions=tuple(heard.known),
            refuted=tuple(refuted),
            dropped=heard.dropped,
            withheld=0 if self.pictures else len(heard.unseen),
            figures=figures_line(self.draft.document, len(self.pictures)),
        )
        return Outcome(stand, review, stopped)

    def _passes(self, tape: Tape, heard: _Heard) -> None:
        self._pass(
            tape, heard, "map", map_pass(self.draft, self.pictures),
            lambda value: heard.known.extend(assertions(value, self.draft)),
        )  # fmt: skip
        for aspect in ASPECTS:
            messages = review_pass(self.draft, aspect, heard.known, self.pictures)

            def take(value: Any, aspect: str = aspect.id) -> None:
                checked = findings(value, aspect, self.draft)
                heard.dropped += checked.dropped
                heard.unseen += checked.unseen
                heard.raised += checked.findings + (checked.unseen if self.pictures else [])

            self._pass(tape, heard, aspect.id, messages, take)
        for aspect in ASPECTS:
            own = ids(f for f in heard.raised if f.theme == aspect.id)
            if own:
                messages = defence_pass(self.draft, own, self.pictures)
                self._pass(
                    tape, heard, f"defence of {aspect.id}", messages,
                    lambda value: heard.answers.extend(defences(value, self.draft)),
                )  # fmt: skip

    def _pass(
        self,
        tape: Tape,
        heard: _Heard,
        name: str,
        messages: list[Message],
        take: Callable[[Any], None],
    ) -> None:
        """One pass, with one more try where the reply cannot be read and calls are left."""
        for attempt in (1, 2):
            reply = self._ask(tape, name, messages)
            try:
                take(parse(reply.text))
                heard.passes.append(name)
                return
            except UnusableReply as error:
                asks = sum(r["kind"] == "ask" for r in tape.records)
                spare = MOST_CALLS - asks - self._planned(name)
                known = self._known(tape, _hash(_again(messages, reply))) is not None
                if attempt == 2 or not (known or spare > 0):
                    heard.missing.append(f"{name}: {error}")
                    return
                messages = _again(messages, reply)

    def _planned(self, name: str) -> int:
        """Passes that are still to come after this one."""
        order = ["map", *(a.id for a in ASPECTS), *(f"defence of {a.id}" for a in ASPECTS)]
        return len(order) - 1 - order.index(name)

    def _ask(self, tape: Tape, name: str, messages: list[Message]) -> Reply:
        request = _hash(messages)
        if (known := self._known(tape, request)) is not None:
            return known
        asked = sum(r["kind"] == "ask" for r in tape.records)
        if asked >= MOST_CALLS:
            raise purse.BudgetReached(f"{MOST_CALLS} requests were made")
        estimate = purse.expected(self.price, purse.tokens(messages))
        purse.check(tape.records, estimate, self.limit)
        self.say(f"{asked + 1} of at most {MOST_CALLS}: {name}")
        tape.append("ask", call=asked, step=name, request=request, estimate=estimate)
        reply = self.chat.complete(messages)
        tape.append(
            "reply",
            call=asked,
            request=request,
            reply=reply.model_dump(mode="json"),
            dollars=purse.cost(self.price, reply.usage),
        )
        return reply

    @staticmethod
    def _known(tape: Tape, request: str) -> Reply | None:
        said = (r for r in tape.records if r["kind"] == "reply" and r["request"] == request)
        record: Record | None = next(said, None)
        return Reply.model_validate(record["reply"]) if record else None

    def _open(self, tape: Tape) -> None:
        name, model = review_id(self.draft, self.chat.model, self.pictures), self.chat.model
        if not tape.records:
            tape.append("run", role="critic", review=name, model=model, prompts=hashes())
        elif tape.records[0].get("review") != name:
            raise TapeError(f"{self.folder} holds a review of another draft; name a new folder")


def review_id(draft: Draft, model: str, pictures: Sequence[Picture]) -> str:
    """Names what a review rests on: the draft's words, its pictures, the model, the prompts."""
    seen = [draft.lines, [p.url for p in pictures], model, hashes()]
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()[:12]


def _again(messages: list[Message], reply: Reply) -> list[Message]:
    return [
        *messages,
        Message(role="assistant", content=reply.text or "(nothing)"),
        Message(role="user", content=_AGAIN),
    ]


def _hash(messages: list[Message]) -> str:
    body = [message.model_dump(mode="json") for message in messages]
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
