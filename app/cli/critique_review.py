"""The part of `critique` that reads with a language model, or with replies pasted by hand."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .exits import Stop

if TYPE_CHECKING:
    from ...agent.chat.prices import Price
    from ...agent.chat.settings import Endpoint
    from ...agent.talk.review.pictures import Picture
    from ...agent.talk.review.replies import Draft
    from ...tools.critique.document.model import Document
    from ...tools.critique.report import Report


@dataclass(frozen=True)
class Asked:
    """What the command line says about the review."""

    provider: str | None = None
    model: str | None = None
    figures: bool | None = None
    max_usd: float | None = None
    yes: bool = False
    prompts: Path = Path("critique-prompts")


def reviewed(document: "Document", report: "Report", asked: Asked) -> "tuple[Report, bool]":
    """The report with a model's findings; without a key the same report, and prompts to paste.

    Returns:
        The report, and whether the budget ended the review early.

    Raises:
        Stop: If the answer is no, or nobody can be asked.
    """
    from ...agent.chat.connect import connect
    from ...agent.chat.errors import MissingKey
    from ...agent.chat.prices import price_of, sees
    from ...agent.chat.settings import NO_KEY, resolve
    from ...agent.talk.review.pictures import pictures
    from ...agent.talk.review.replies import Draft
    from ...agent.talk.review.review import Reviewer, review_id
    from ...evals.critique.reviewers import calibration
    from ..config import runs_folder

    draft = Draft(document)
    try:
        endpoint = resolve(asked.provider, model=asked.model, role="critic")
    except MissingKey as error:
        if asked.provider is not None or str(error) != NO_KEY:
            raise
        _write_prompts(draft, asked.prompts, report.draft)
        return report, False
    seen = asked.figures if asked.figures is not None else bool(sees(endpoint))
    shown = pictures(document) if seen else []
    price = price_of(endpoint)
    folder = runs_folder() / f"critique-{review_id(draft, endpoint.model, shown)}"
    _announce(draft, endpoint, price, shown, asked, folder)
    reviewer = Reviewer(
        folder=folder,
        draft=draft,
        chat=connect(endpoint, _note, folder.name),
        price=price,
        limit=asked.max_usd,
        pictures=shown,
        deaf=_orders(report),
        say=_note,
    )
    outcome = reviewer.run()
    total = outcome.review.dollars
    cost = "unknown" if total is None else f"${total:.4f}"
    _note(f"total: {outcome.review.calls} requests, cost {cost}; kept in {folder}")
    if outcome.stopped:
        _note(f"the review ended early: {outcome.stopped}")
    measured = outcome.review.model_copy(update={"calibration": calibration(endpoint.model)})
    return report.reviewed(outcome.findings, measured), bool(outcome.stopped)


def pasted(document: "Document", report: "Report", replies: list[Path]) -> "Report":
    """The report with the findings of pasted replies; writes the defence's prompt if it is missing.

    Raises:
        Stop: If a reply is not there, or holds no answer.
    """
    from ...agent.talk.review.pasted import read_replies, write_defence
    from ...agent.talk.review.replies import Draft, UnusableReply

    draft = Draft(document)
    missing = next((file for file in replies if not file.is_file()), None)
    if missing:
        raise Stop(f"no file {missing}; save the chat's reply there")
    texts = [(file.name, file.read_text(encoding="utf-8", errors="replace")) for file in replies]
    try:
        outcome = read_replies(texts, draft, _orders(report))
    except UnusableReply as error:
        raise Stop(str(error)) from None
    if outcome.findings and "defence" not in outcome.review.passes:
        file = write_defence(replies[0].with_name("defence.md"), draft, outcome.findings)
        _note(f"written: {file}, which has these findings defended; paste its reply as well")
    return report.reviewed(outcome.findings, outcome.review)


def _write_prompts(draft: "Draft", folder: Path, name: str) -> None:
    from ...agent.talk.review.pasted import write_prompts

    files = write_prompts(folder, draft)
    _note("no key for a language model: the linter alone, and prompts to paste into any chat:")
    for file in files:
        _note(f"  {file}")
    _note(f"then: mechmentor critique {name} --paste REPLY.txt (once for each reply)")


def _announce(
    draft: "Draft",
    endpoint: "Endpoint",
    price: "Price | None",
    shown: "list[Picture]",
    asked: Asked,
    folder: Path,
) -> None:
    from ...agent.talk.review import purse
    from ...agent.talk.review.conversations import map_pass
    from ...agent.talk.review.review import MOST_CALLS

    first = purse.tokens(map_pass(draft, shown))
    one = purse.expected(price, first + 500)
    most = "unknown" if one is None else f"about ${one * MOST_CALLS:.4f}"
    capped = f"; it ends before ${asked.max_usd:.2f}" if asked.max_usd is not None else ""
    drawn = len(draft.document.figures)
    figures = f", {len(shown)} of {drawn} figures" if shown else ", no figures" if drawn else ""
    for line in (
        f"host     {endpoint.host} ({endpoint.provider})",
        f"model    {endpoint.model}",
        f"sent     the draft's text without its authors' names{figures}; up to {MOST_CALLS} times",
        f"tokens   about {first:,} a request",
        f"price    {price.shown() if price else 'unknown'}",
        f"at most  {most} (estimate: {purse.REPLY_TOKENS} tokens a reply){capped}",
    ):
        _note(line)
    if (folder / "tape.jsonl").exists():
        _note(f"goes on  from {folder}: what was answered is not asked again")
    free = price is not None and price.input == 0 and price.output == 0
    if asked.yes or endpoint.local or free:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        if asked.max_usd is None:
            raise Stop("this costs money and nobody can be asked; add --yes or --max-usd")
        return
    print("send? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Stop("not sent", 0)


def _orders(report: "Report") -> frozenset[int]:
    """Lines of the draft that give orders to reviewers."""
    found = [*report.findings, *(item.finding for item in report.silenced)]
    return frozenset(
        line
        for finding in found
        if finding.rule == "orders-to-reviewers"
        for line in range(
            finding.place.document_line,
            finding.place.document_line + finding.place.end_line - finding.place.line + 1,
        )
    )


def _note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
