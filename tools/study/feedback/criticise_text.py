"""Criticism of a learner's text by a language model that does not know whose it is."""

from pydantic import Field

from ...spec import Args, Cost, Data, Refusal, Result, tool
from ...views import Passage, Passages
from ..contexts.library import Library, NoContext
from .framings import framing
from .points import read_feedback
from .request import feedback_messages, feedback_prompt
from .rubrics import rubric


class CriticiseTextArgs(Args):
    """The text, and what it is held against."""

    text: str = Field(min_length=20, max_length=40_000, description="The explanation or summary")
    contexts: list[str] = Field(
        default_factory=lambda: ["default"], min_length=1, max_length=4,
        description="Names of contexts that it is held against",
    )  # fmt: skip
    framing: str = Field(
        "blind", max_length=30, description="blind, friend, doubt, annoyed or mine"
    )
    technique: str = Field(
        "", max_length=40, description="A core technique whose rubric is used; empty for none"
    )


class CriticiseTextData(Data):
    """The points, or the prompt to paste where there is no language model.

    Attributes:
        right: Points that the critic found right.
        wrong: Points that it found wrong.
        missing: Points that it misses.
        unsupported: Points that the documents do not bear out.
        backed: Points with a verified quotation.
        unverified: Quotations struck out.
        text: The checked reply; empty without a language model.
        prompt: What to paste into a chat; empty when one was asked.
    """

    right: int = 0
    wrong: int = 0
    missing: int = 0
    unsupported: int = 0
    backed: int = 0
    unverified: int = 0
    text: str = ""
    prompt: str = ""


@tool(
    access="chat",
    example={"text": "A probe that reads a property shows that the model uses that property."},
)
def criticise_text(library: Library, args: CriticiseTextArgs) -> Result[CriticiseTextData]:
    """Have a text criticised point by point in a new conversation that does not say whose it is.

    Each point is right, wrong, missing or unsupported; quotations are checked word for word.

    Misleads:
        A critic finds faults in good texts as well; without a language model it returns a
        prompt and no criticism.
    """
    try:
        sources = library.sources(tuple(args.contexts))
        chosen, points_to = (
            framing(args.framing),
            rubric(args.technique) if args.technique else None,
        )
    except (NoContext, ValueError) as error:
        raise Refusal("bad_args", str(error), "take a name from that list") from None
    if library.chat is None:
        titles = [s.document.title for s in sources]
        prompt = feedback_prompt(args.text, args.contexts, titles, chosen, points_to)
        return Result(
            summary="No language model here: paste this prompt into any chat, with the files.",
            data=CriticiseTextData(prompt=prompt),
            view=Passages(title="Prompt", items=[Passage(label="prompt", text=prompt)]),
        )
    messages, left_out = feedback_messages(args.text, sources, chosen, points_to)
    reply = library.chat.complete(messages)
    feedback = read_feedback(reply.text, sources, args.text)
    kinds = [p.verdict for p in feedback.points]
    return Result(
        summary=feedback.summary + ".",
        data=CriticiseTextData(
            right=kinds.count("right"), wrong=kinds.count("wrong"),
            missing=kinds.count("missing"), unsupported=kinds.count("unsupported"),
            backed=sum(p.backed for p in feedback.points),
            unverified=feedback.report.unverified, text=feedback.report.text,
        ),
        warnings=[*left_out, *feedback.report.notes],
        cost=Cost(dollars=reply.usage.dollars),
        view=Passages(
            title="Criticism",
            items=[Passage(label=p.verdict, text=p.text) for p in feedback.points]
            or [Passage(label="reply", text=feedback.report.text)],
        ),
    )  # fmt: skip
