"""A review without a key: prompts to paste, and replies through the same checks."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from ....prompts import render
from ....tools.critique.findings import Finding
from ....tools.critique.report import Review
from ....tools.spec import Message
from .conversations import ASPECTS, defence_pass, review_pass
from .replies import Defence, Draft, UnusableReply, defences, findings, ids, parse
from .review import Outcome
from .verdict import figures_line, judged


def write_prompts(folder: Path, draft: Draft) -> list[Path]:
    """One file an aspect, each a conversation of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    passes = ((aspect.id, review_pass(draft, aspect, (), ())) for aspect in ASPECTS)
    return [_write(folder / f"{name}.md", messages) for name, messages in passes]


def write_defence(file: Path, draft: Draft, raised: Iterable[Finding]) -> Path:
    """Write the prompt that has findings refuted, if they can be."""
    return _write(file, defence_pass(draft, ids(raised), ()))


def read_replies(replies: Sequence[tuple[str, str]], draft: Draft, deaf: frozenset[int]) -> Outcome:
    """Replies of any chat, checked as a review's are; in any order, defence included.

    Args:
        replies: Name and text of each.
        draft: The draft.
        deaf: Document lines that give orders to reviewers.

    Raises:
        UnusableReply: If one holds no answer; names it.
    """
    raised: list[Finding] = []
    answers: list[Defence] = []
    passes: list[str] = []
    dropped = withheld = 0
    for name, text in replies:
        try:
            value = parse(text)
            if isinstance(value, dict) and "defence" in value:
                answers += defences(value, draft)
                passes.append("defence")
                continue
            aspect = _aspect(value)
            checked = findings(value, aspect, draft)
        except UnusableReply as error:
            raise UnusableReply(f"{name}: {error}") from None
        passes.append(aspect)
        raised += checked.findings
        dropped += checked.dropped
        withheld += len(checked.unseen)
    stand, refuted = judged(ids(raised), answers, deaf)
    review = Review(
        model="a chat whose replies were pasted",
        passes=tuple(passes),
        missing=() if "defence" in passes or not raised else ("defence: nobody was asked",),
        refuted=tuple(refuted),
        dropped=dropped,
        withheld=withheld,
        figures=figures_line(draft.document, 0),
    )
    return Outcome(stand, review)


def _aspect(value: object) -> str:
    known = {aspect.id for aspect in ASPECTS}
    named = value.get("aspect") if isinstance(value, dict) else None
    return named if named in known else "review"


def _write(file: Path, messages: Sequence[Message]) -> Path:
    text = render("critic_paste", system=messages[0].content, user=messages[1].content)
    file.write_text(text + "\n", encoding="utf-8")
    return file
