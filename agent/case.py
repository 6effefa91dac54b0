"""What an auditor is given: an opaque id, models, access, a budget, perhaps a question."""

from pydantic import Field

from ..tools.spec import Access, Frozen


class Budget(Frozen):
    """What a run may cost. None is no limit.

    Attributes:
        calls: Tool calls.
        tokens: Tokens through any forward of a local model.
        seconds: Seconds spent in tools and waiting for replies.
        dollars: US dollars for replies; an unknown cost ends a run that has this limit.
    """

    calls: int | None = Field(40, ge=0)
    tokens: int | None = Field(3_000_000, ge=0)
    seconds: float | None = Field(1800.0, ge=0)
    dollars: float | None = Field(None, ge=0)


class Case(Frozen):
    """One audit to be done. Never holds the answer.

    Attributes:
        id: Opaque.
        target: `bundled`, a folder or a hub id.
        base: The same, or None.
        access: What the auditor may use.
        question: What the auditor is asked, if anything.
        budget: What the audit may cost.
        commitment: Salted hash of the sealed answer, where there is one.
    """

    id: str
    target: str
    base: str | None = None
    access: Access = "target"
    question: str | None = None
    budget: Budget = Field(default_factory=Budget)
    commitment: str | None = None
