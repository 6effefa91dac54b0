"""New exercises from a language model: generated, certified, repaired up to a limit, or dropped."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ....prompts import render as prompt
from ...spec import Chat, Message
from ..sandbox.box import Sandbox
from . import bank
from .certificate import Certificate
from .certify import certify, keep_certificate
from .copies import TOO_ALIKE, nearest
from .parse import FormatError, parse
from .types import Coding, Exercise, Kind, Maths

ROUNDS = 3
_LONGEST_CONTEXT = 60_000
_FENCED = re.compile(r"\A\s*(`{3,})(?:markdown|md)?[ \t]*\n(---\n.*?)\n\1\s*\Z", re.DOTALL)


@dataclass(frozen=True)
class Made:
    """What became of a request for an exercise.

    Attributes:
        exercise: The exercise, or None when no reply could be read.
        text: Its file.
        certificate: Its certificate; None when it was dropped before.
        dropped: Why it is not kept; empty when it is.
        rounds: Replies that were used.
    """

    exercise: Exercise | None
    text: str
    certificate: Certificate | None
    dropped: str
    rounds: int


def request(kind: Kind, topic: str, context: str, example: str) -> str:
    """The prompt that asks for an exercise; without a key it is pasted by hand."""
    return prompt(
        "exercise_new",
        kind=kind,
        topic=topic,
        # The material cannot close its own frame.
        context=re.sub(r"</(?=material)", "<\\\\/", context[:_LONGEST_CONTEXT]),
        cut=len(context) > _LONGEST_CONTEXT,
        example=example,
        existing=[f"{e.id}: {e.title}" for e in bank.load(bank.BANK).values() if e.kind == kind],
    )


def example_of(kind: Kind) -> str:
    """A certified exercise of the bank, as an example of the format."""
    for path in sorted(bank.BANK.rglob("*.md")):
        if path.name != "README.md" and bank.read(path).kind == kind:
            return path.read_text(encoding="utf-8")
    return ""


def file_in(reply: str) -> str:
    """The exercise file in a reply: the whole reply, or what one fence around it holds."""
    fenced = _FENCED.match(reply)
    text = fenced[2] if fenced else reply
    start = re.search(r"(?m)^---$", text)
    return (text[start.start() :] if start else text).strip() + "\n"


def generate(
    chat: Chat,
    kind: Kind,
    topic: str,
    context: str,
    *,
    say: Callable[[str], None] = lambda line: None,
    box: Sandbox | None = None,
    allow_code: Callable[[], bool] = lambda: True,
) -> Made:
    """Ask for an exercise, certify it, send back what failed, keep it or drop it.

    Args:
        chat: The language model.
        kind: Kind of exercise.
        topic: What it should be about.
        context: Text that it should rest on; data, never an instruction.
        say: Told each step.
        box: Sandbox to certify in; absent: the shared one.
        allow_code: Asked once before generated code runs; False drops the exercise.
    """
    messages = [Message(role="user", content=request(kind, topic, context, example_of(kind)))]
    known = bank.load()
    text, why, exercise, certificate = "", "", None, None
    for number in range(1, ROUNDS + 1):
        reply = chat.complete(messages)
        text = file_in(reply.text)
        exercise, certificate, why = None, None, ""
        try:
            exercise = parse(text, "reply")
        except FormatError as error:
            why = str(error)
        if exercise is not None and exercise.kind != kind:
            why = f"kind is {exercise.kind}, {kind} was asked for"
        if exercise is not None and not why:
            twin, alike = nearest(exercise, known)
            if exercise.id in known or alike >= TOO_ALIKE:
                # Repairing a copy would only hide it.
                return Made(exercise, text, None, f"it copies `{twin or exercise.id}`", number)
            if isinstance(exercise, Coding | Maths) and not allow_code():
                return Made(exercise, text, None, "its code was not allowed to run", number)
            certificate = certify(exercise, text, box)
            if certificate.passed:
                return Made(exercise, text, certificate, "", number)
            why = certificate.reason
        say(f"round {number}: {why}")
        messages += [
            Message(role="assistant", content=reply.text or "(empty)"),
            Message(role="user", content=prompt("exercise_repair", why=why)),
        ]
    return Made(exercise, text, certificate, why, ROUNDS)


def keep(made: Made) -> Path:
    """Write a kept exercise into the learner's own folder.

    Raises:
        ValueError: If it was dropped.
    """
    if made.dropped or made.exercise is None:
        raise ValueError(made.dropped)
    path = bank.own_folder() / f"{made.exercise.id}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(made.text, encoding="utf-8")
    if made.certificate is not None:
        keep_certificate(bank.own_folder(), made.certificate)
    return path
