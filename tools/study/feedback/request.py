"""The conversation that asks for criticism, and its form without a key."""

from ....prompts import render
from ...spec import Message
from ..contexts.pack import pack
from ..quotes.find import Source
from .framings import Framing
from .rubrics import Rubric


def feedback_messages(
    text: str,
    sources: list[Source],
    framing: Framing,
    rubric: Rubric | None = None,
    budget: int = 150_000,
) -> tuple[list[Message], tuple[str, ...]]:
    """A new conversation: the documents, then the text under its framing.

    Nothing else enters: no name, no path, no earlier turn.

    Args:
        text: What the learner wrote.
        sources: What it is held against.
        framing: Author and instruction.
        rubric: Points to hold it against.
        budget: Tokens of the documents at most.

    Returns:
        The messages, and one line for each document that did not fit whole.
    """
    packed = pack(sources, budget=budget, query=text[:2000])
    system = render("feedback_system", names=[s.name for s in sources])
    user = render(
        "feedback_text",
        documents=packed.text,
        opening=framing.opening,
        text=text,
        rubric=rubric,
    )
    return [
        Message(role="system", content=system),
        Message(role="user", content=user),
    ], packed.left_out


def feedback_prompt(
    text: str, names: list[str], titles: list[str], framing: Framing, rubric: Rubric | None = None
) -> str:
    """The same as one text to paste into any chat, with files to attach in place of documents."""
    return render(
        "feedback_paste",
        files=[f"{n}.txt ({t})" for n, t in zip(names, titles, strict=True)],
        names=names,
        turn=render(
            "feedback_text", documents="", opening=framing.opening, text=text, rubric=rubric
        ),
    )
