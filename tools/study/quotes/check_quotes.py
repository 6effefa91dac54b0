"""Check the quotations of a text against the contexts."""

from pydantic import Field

from ...spec import Args, Data, Refusal, Result, tool
from ...views import Table
from ..contexts.library import Library, NoContext
from .check import check_reply


class CheckQuotesArgs(Args):
    """The text whose quotations are checked."""

    text: str = Field(
        min_length=1, max_length=40_000, description="A text with quotations in quotation marks"
    )
    contexts: list[str] = Field(
        default_factory=list, max_length=8, description="Names of contexts; none means all"
    )


class CheckQuotesData(Data):
    """Counts, and the text with unverified quotations struck out."""

    verified: int
    elided: int
    unverified: int
    notes: list[str]
    text: str


@tool(
    access="chat",
    example={"text": "They write: “the model was trained on twelve words”."},
)
def check_quotes(library: Library, args: CheckQuotesArgs) -> Result[CheckQuotesData]:
    """Check word for word whether the quotations of a text stand in the contexts.

    Only typography may differ. Give it a draft of your answer before you show it.

    Misleads:
        A true quotation may still be out of its context; one that is not found may stand
        in a document that was not loaded.
    """
    try:
        report = check_reply(args.text, library.sources(tuple(args.contexts)))
    except NoContext as error:
        raise Refusal("bad_args", str(error), "take a name from that list") from None
    kinds = [c.status for c in report.checked]
    rows: list[list[str | float | int | None]] = [
        [
            c.quotation.text[:80],
            c.status,
            c.found.citation if c.found else "",
            c.near.text[:80] if c.near else c.omitted[:80],
        ]
        for c in report.checked
    ]
    return Result(
        summary=report.summary + ".",
        data=CheckQuotesData(
            verified=kinds.count("verified"),
            elided=kinds.count("elided"),
            unverified=kinds.count("unverified"),
            notes=list(report.notes),
            text=report.text,
        ),
        warnings=list(report.notes),
        view=Table(
            title="Quotations", columns=["quotation", "verdict", "stands at", "nearest"], rows=rows
        ),
    )
