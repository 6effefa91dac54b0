"""`critique DRAFT` and `cite check DRAFT`: the linter, and with `--review` a language model."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .exits import BUDGET, FINDINGS, Stop

if TYPE_CHECKING:
    from ...tools.critique.document.model import Document
    from ...tools.critique.report import Report

_FLOORS = ("never", "note", "minor", "major")
# A reader mends seven things and gives up on seventy.
SHOWN = 7
# Pages from which a reader is told to wait.
LONG = 80


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(critique)
    group = typer.Typer(help="Citations of a draft.", rich_markup_mode=None, no_args_is_help=True)
    group.callback()(lambda: None)
    group.command("check")(cite_check)
    app.add_typer(group, name="cite")


def critique(
    drafts: list[Path] = typer.Argument(
        None, help="A .md, .tex, .ipynb, .html or .pdf file, or a LaTeX folder."
    ),
    form: str = typer.Option("text", "--format", help="text, markdown, json, sarif or html."),
    out: Path = typer.Option(None, help="Write the report to this file."),
    fail_on: str = typer.Option(
        None, help="Exit code 1 from this severity on: note, minor, major, never [default: major]."
    ),
    venue: Path = typer.Option(
        None,
        help="What a venue asks for (.toml or .yaml): pages, words, anonymous, sections, statements.",
    ),
    against: Path = typer.Option(None, help="An earlier report in JSON: says fixed, open, new."),
    as_json: bool = typer.Option(False, "--json", help="The same as --format json."),
    review: bool = typer.Option(
        False, "--review", help="Have a language model read it too; without a key, write prompts."
    ),
    paste: list[Path] = typer.Option([], help="A chat's reply to one of those prompts."),
    provider: str = typer.Option(None, help="With --review: a provider; see doctor."),
    model: str = typer.Option(None, help="With --review: a model's name there."),
    figures: bool = typer.Option(
        None, "--figures/--no-figures", help="Show it the figures [default: if it is said to see]."
    ),
    max_usd: float = typer.Option(None, min=0, help="End the review before it costs more."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask before money is spent."),
    everything: bool = typer.Option(False, "--all", help="Show all findings of a review."),
    prompts: Path = typer.Option(Path("critique-prompts"), help="Folder for prompts to paste."),
    rules: bool = typer.Option(False, "--rules", help="List the rules."),
    schema: bool = typer.Option(False, "--schema", help="Print the JSON schema of a report."),
) -> int:
    """Say what is wrong with a draft: numbers, references, controls, statistics, writing."""
    from ...tools.critique.output.render import FORMATS, json_schema

    if schema:
        print(json.dumps(json_schema(), indent=1))
        return 0
    if rules:
        return _list_rules(as_json)
    form = "json" if as_json else form
    if form not in FORMATS:
        raise Stop(f"no format {form!r}; there are {', '.join(FORMATS)}")
    if fail_on not in (None, *_FLOORS):
        raise Stop(f"--fail-on takes {', '.join(_FLOORS)}, not {fail_on!r}")
    if not drafts:
        raise Stop("name a draft: mechmentor critique draft.md")
    if len(drafts) > 1 and (out or against or form != "text"):
        raise Stop(
            "several drafts are reported as text only; name one for --out, --against or --format"
        )
    by_model = review or bool(paste)
    if by_model and (len(drafts) > 1 or (review and paste)):
        raise Stop("--review and --paste take one draft, and one of them at a time")
    failed = ended = False
    for draft in drafts:
        document, report, floor = _linted(draft, venue, fail_on)
        if by_model:
            from .critique_review import Asked, pasted, reviewed

            asked = Asked(provider, model, figures, max_usd, yes, prompts)
            if paste:
                report = pasted(document, report, paste)
            else:
                report, ended = reviewed(document, report, asked)
        if against:
            report = _compared(report, against)
        _write(report, document, form, out, SHOWN if by_model and not everything else None)
        failed = failed or (floor != "never" and report.fails(floor))  # type: ignore[arg-type]
    return BUDGET if ended else FINDINGS if failed else 0


def _linted(draft: Path, venue: Path | None, fail_on: str | None) -> "tuple[Document, Report, str]":
    from ...tools.critique.document.model import DraftError
    from ...tools.critique.document.read import read_draft
    from ...tools.critique.linter import RULES, lint
    from ...tools.critique.settings import load_venue, project_settings

    try:
        settings = project_settings(draft, {rule.id for rule in RULES})
        if venue:
            settings = settings.model_copy(update={"venue": load_venue(venue)})
        document = read_draft(draft)
        pages = document.pages or document.words // 500
        if pages >= LONG:
            print(f"{draft}: about {pages} pages, this takes some seconds", file=sys.stderr)
        report = lint(document, settings)
    except DraftError as error:
        raise Stop(str(error)) from None
    return document, report, fail_on or settings.fail_on or "major"


def _compared(report: "Report", against: Path) -> "Report":
    from ...tools.critique.document.model import DraftError
    from ...tools.critique.report import load_report

    try:
        return report.against(load_report(against))
    except DraftError as error:
        raise Stop(str(error)) from None


def _write(
    report: "Report", document: "Document", form: str, out: Path | None, most: int | None
) -> None:
    from ... import __version__
    from ...tools.critique.output.render import render
    from ...tools.critique.output.terminal import headline

    text = render(report, document, form, __version__, most)
    if out is None:
        print(text.rstrip("\n"))
        return
    temporary = out.with_name(f".{out.name}.part")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, out)
    print(f"{report.draft}: {headline(report)}; written to {out}", file=sys.stderr)


def _list_rules(as_json: bool) -> int:
    from ...tools.critique.linter import RULES

    if as_json:
        names = ("id", "theme", "title", "severity", "rationale", "source", "fix")
        print(json.dumps([{n: getattr(r, n) for n in names} for r in RULES], indent=1))
        return 0
    for rule in RULES:
        print(f"{rule.id:<26} {rule.severity:<6} {rule.theme:<17} {rule.title}")
    return 0


def cite_check(
    draft: Path = typer.Argument(..., help="A draft, as for critique."),
    offline: bool = typer.Option(False, help="Ask no index; check what the draft itself shows."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Check citations in the draft, then look each entry up (arXiv, Crossref, OpenAlex, Semantic Scholar)."""
    from ...tools.critique.document.model import DraftError
    from ...tools.critique.document.read import read_draft
    from ...tools.critique.linter import findings_of
    from ...tools.critique.output.terminal import findings_text
    from ...tools.critique.references import duplicates
    from ...tools.critique.references import offline as in_draft
    from ...tools.critique.references.indexes import Indexes
    from ...tools.critique.references.lookup import look_up

    try:
        document = read_draft(draft)
    except DraftError as error:
        raise Stop(str(error)) from None
    rules = (*in_draft.RULES, *duplicates.RULES)
    findings = [f for rule in rules for f in findings_of(rule, document)]
    cited = {c.key for c in document.citations}
    entries = [r for r in document.references if r.listed or r.key in cited]
    looked = []
    if entries and not offline:
        print(
            f"titles and ids of {len(entries)} entries go to four public indexes", file=sys.stderr
        )
        looked = look_up(entries, Indexes(), lambda name: print(f"  {name}", file=sys.stderr))
    bad = bool(findings) or any(item.verdict in ("differs", "not found") for item in looked)
    if as_json:
        found = {
            "findings": [f.model_dump() for f in findings],
            "entries": [item.model_dump() for item in looked],
        }
        print(json.dumps(found, indent=1))
        return FINDINGS if bad else 0
    print(findings_text(findings) or "citations and entries agree")
    for item in looked:
        print(item)
    if not looked:
        print("no index was asked" + ("" if entries else ": the draft has no entries"))
    return FINDINGS if bad else 0
