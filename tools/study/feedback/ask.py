"""Ask a language model for criticism: one call, a new conversation, the text as data."""

from collections.abc import Sequence

from ....prompts import render
from ...spec import Chat, Message
from ..contexts.document import Context
from ..contexts.library import packed
from .framings import Framing
from .points import Feedback, read_feedback


def messages(
    text: str,
    contexts: Sequence[Context],
    framing: Framing,
    rubric: str = "",
    *,
    attach: bool = False,
) -> list[Message]:
    """The whole conversation that is sent: nothing of the author, nothing of earlier turns.

    Args:
        text: What is criticised.
        contexts: What it is about.
        framing: Who is said to have written it, how it is to be judged.
        rubric: What a good account covers.
        attach: Name the file to attach in place of the sources.
    """
    sources = "The sources are in the attached file." if attach else packed(list(contexts))
    closed = text.replace("</text", "<\\/text")
    case = render(
        "critic_of_text_case",
        sources=sources,
        opening=framing.opening(),
        text=closed,
        rubric=rubric,
    )
    return [
        Message(role="system", content=render("critic_of_text")),
        Message(role="user", content=case),
    ]


def ask(
    chat: Chat, text: str, contexts: Sequence[Context], framing: Framing, rubric: str = ""
) -> Feedback:
    """Criticism of a text, its quotations checked.

    Raises:
        Exception: Whatever the chat raises.
    """
    reply = chat.complete(messages(text, contexts, framing, rubric))
    return read_feedback(reply.text, text, {c.name: c.text for c in contexts})
