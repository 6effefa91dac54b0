"""A reviewer with a language model on the corpus, planted or clean."""

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...agent.chat.prices import Price
from ...agent.talk.review.replies import Draft
from ...agent.talk.review.review import Outcome, Reviewer
from ...tools.critique.document.read import read_draft
from ...tools.spec import Chat
from .documents import documents
from .lint import Critic, row
from .reviewers import OnClean


def reader(chat: Chat, work: Path, **more: Any) -> Critic:
    """A critic for `lint.run`: the reviewer's findings alone, a tape a document below `work`."""

    def read(folder: Path, main: str) -> list[dict[str, Any]]:
        outcome = _read(chat, folder / main, work, **more)
        return [row(finding, folder) for finding in outcome.findings]

    return read


def on_clean(
    chat: Chat,
    work: Path,
    *,
    price: Price | None = None,
    limit: float | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> OnClean:
    """Count a model's findings on the clean documents; a second call with `work` goes on there.

    Args:
        chat: The model.
        work: Folder for tapes.
        price: Its price, if known.
        limit: Most dollars, over all documents.
        say: Told of each document.
    """
    found, left, read = [], limit, 0
    for document in documents():
        outcome = _read(chat, document.folder / document.main, work, price=price, limit=left)
        if outcome.stopped:
            say(f"ended before {document.id}: {outcome.stopped}")
            break
        read += 1
        found += outcome.findings
        say(f"{document.id}: {len(outcome.findings)} findings")
        if left is not None:
            left -= outcome.review.dollars or 0.0
    return OnClean(
        model=chat.model,
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        documents=read,
        findings=len(found),
        major=sum(finding.severity == "major" for finding in found),
    )


def _read(chat: Chat, main: Path, work: Path, **more: Any) -> Outcome:
    return Reviewer(work / main.parent.name, Draft(read_draft(main)), chat, **more).run()
