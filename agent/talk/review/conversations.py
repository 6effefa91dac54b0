"""What is said to a reviewer in each pass; every pass is a new conversation of two turns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ....prompts import prompt_hash, render
from ....tools.critique.findings import Finding
from ....tools.critique.report import Assertion
from ....tools.spec import Message
from ...chat.illustrated import Illustrated
from .blind import numbered
from .pictures import Picture
from .replies import Draft

PROMPTS = (
    "critic_rules", "critic_map", "critic_review", "critic_draft", "critic_defence",
    "critic_methods", "critic_statistics", "critic_illusions", "critic_clarity",
)  # fmt: skip
_SEEN = "The pictures of its figures follow the draft."
_UNSEEN = (
    "Its figures are not shown to you. What may stand in one is not missing; a finding that rests "
    "on what a picture shows says so with needs_figure."
)


@dataclass(frozen=True)
class Aspect:
    """What one reviewer reads for; `critic_<id>.md` says what to look at."""

    id: str
    title: str


ASPECTS = (
    Aspect("methods", "its methods"),
    Aspect("statistics", "its statistics and numbers"),
    Aspect("illusions", "illusions that interpretability methods are known for"),
    Aspect("clarity", "its clarity, and whether its words promise more than it shows"),
)


def map_pass(draft: Draft, pictures: Sequence[Picture]) -> list[Message]:
    """The first pass: what the draft asserts."""
    return _turns(render("critic_map", rules=render("critic_rules")), draft, pictures)


def review_pass(
    draft: Draft, aspect: Aspect, known: Sequence[Assertion], pictures: Sequence[Picture]
) -> list[Message]:
    """One reviewer's pass."""
    system = render(
        "critic_review",
        rules=render("critic_rules"),
        aspect=aspect,
        points=render(f"critic_{aspect.id}"),
        assertions=list(known),
        figures="" if not draft.document.figures else _SEEN if pictures else _UNSEEN,
    )
    return _turns(system, draft, pictures)


def defence_pass(
    draft: Draft, findings: Mapping[str, Finding], pictures: Sequence[Picture]
) -> list[Message]:
    """The defender's pass over some findings."""
    rows = [
        {"id": name, "line": f.place.document_line, "quote": f.place.quote, "problem": f.message}
        for name, f in findings.items()
    ]
    return _turns(render("critic_defence", rules=render("critic_rules")), draft, pictures, rows)


def hashes() -> dict[str, str]:
    """Hash of every prompt that a review rests on."""
    return {name: prompt_hash(name) for name in PROMPTS}


def _turns(
    system: str,
    draft: Draft,
    pictures: Sequence[Picture],
    findings: Sequence[Mapping[str, object]] = (),
) -> list[Message]:
    words = [picture.words for picture in pictures]
    user = render(
        "critic_draft", lines=numbered(draft.lines), findings=list(findings), pictures=words
    )
    urls = tuple(picture.url for picture in pictures)
    return [
        Message(role="system", content=system),
        Illustrated(role="user", content=user, pictures=urls),
    ]
