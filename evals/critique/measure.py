"""Plant, lint, score, write the page: `python -m mechmentor.evals.critique.measure`.

`--held-out` opens the part that is kept for the final figure and appends the result to the ledger,
as it is. The page shows the first entry of the ledger, whatever came later.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ... import __version__
from .documents import HERE, documents
from .lint import code_hash, run
from .planter.__main__ import write
from .planter.plant import CHECKABLE, KINDS
from .score import LEDGER, Rate, Score, enter, score

UNSEEN = HERE / "unseen.json"
PAGE = HERE.parents[1] / "docs" / "critic.md"
SEEDS = 2
_PAGE = """\
# What the linter finds, and what it condemns wrongly

{documents} short write-ups, invented for measurement ({independent} of them by a writer who knew
neither the rules nor the planter). A planter puts one known error at a time into a copy. A hit has
the right kind, lies within three lines of the error and is not raised on the clean twin. A third of
the documents and five kinds were opened for one scoring only: the first entry of
`evals/critique/ledger.jsonl` stands here, whatever came later.

`python -m mechmentor.evals.critique.measure` writes this page ({seeds} plantings of each kind a
document).

{summary}

## By kind

{kinds}

Kinds that need the text to be read for sense (what was left out, what goes further than the
evidence) are mostly missed: the linter asks for them only where their absence is plain in the whole
draft, because a rule that guesses would condemn clean drafts. They are what a reviewer with a
language model is for, `critique --review`. How often one of those condemns a clean draft is printed
with its findings; where nobody measured it, that is printed.
"""


def measured(part: str) -> tuple[Score, list[bytes]]:
    """Score the linter on a part; with the bytes that the ledger hashes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, part, range(SEEDS))
        truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        findings = run(folder)
        inputs = [
            (folder / "truth.json").read_bytes(),
            json.dumps(findings, sort_keys=True).encode(),
            (HERE / "categories.json").read_bytes(),
        ]
    return score(truth, findings, json.loads(inputs[2])), inputs


def entries(ledger: Path = LEDGER) -> list[dict[str, Any]]:
    """All entries of the ledger, the first one first."""
    if not ledger.is_file():
        return []
    return [json.loads(row) for row in ledger.read_text(encoding="utf-8").splitlines() if row]


class Unseen(BaseModel):
    """One scoring on documents that nobody who wrote a rule had seen.

    Attributes:
        date: When it was scored.
        code: Commit of the linter.
        documents: Which they were.
        note: What it led to.
        score: What was found.
    """

    date: str
    code: str
    documents: str
    note: str
    score: Score


def unseen() -> list[Unseen]:
    """First scorings on documents that came later, the oldest one first."""
    if not UNSEEN.is_file():
        return []
    return [Unseen(**row) for row in json.loads(UNSEEN.read_text(encoding="utf-8"))]


def page(opened: Score, ledger: Sequence[Mapping[str, Any]]) -> str:
    """The page of figures."""
    authors = [document.author for document in documents()]
    first = Score.model_validate(ledger[0]["score"]) if ledger else None
    new = unseen()
    kinds = sorted(KINDS, key=lambda kind: (kind not in CHECKABLE, kind))
    heads = ["Kind", "A program can decide it", "Development", "Held out", *map(_named, new)]
    parts = (opened, first, *(row.score for row in new))
    return _PAGE.format(
        documents=len(authors),
        independent=sum(author == "independent" for author in authors),
        seeds=SEEDS,
        summary="\n".join(_summary(opened, first, new, ledger)),
        kinds="\n".join([*_head(heads), *(_kind(kind, parts) for kind in kinds)]),
    )


def _named(row: Unseen) -> str:
    return f"Unseen {row.documents}, {row.date}, `{row.code}`"


def _head(names: Sequence[str]) -> list[str]:
    return [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]


def _summary(
    opened: Score,
    first: Score | None,
    new: Sequence[Unseen],
    ledger: Sequence[Mapping[str, Any]],
) -> list[str]:
    parts = (opened, first, *(row.score for row in new))
    rows: list[list[str]] = [
        [name, *(shown(getattr(part, field)) if part else "not opened" for part in parts)]
        for name, field in (
            ("Recall, kinds that a program can decide", "checkable"),
            ("Recall, all kinds", "recall"),
            ("Recall, documents of the independent writer", "independent"),
            ("Precision (new findings that are hits)", "precision"),
        )
    ]
    rows.append(["Findings on clean documents", *(on_clean(p) if p else "" for p in parts)])
    rows.append([
        "of them by number and reference rules",
        *(str(strict(part)) if part else "" for part in parts),
    ])  # fmt: skip
    found = [
        *_head(["", "Development", "Held out, first scoring", *map(_named, new)]),
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    if new:
        found += [
            "",
            "The unseen documents and the places of their errors were written by others who knew "
            "no rule, and each of these columns was scored once, by rules whose author had not "
            "seen them (kinds that a program can decide alone). **They are what to expect on a "
            "draft of your own.** False alarms were mended after each, and the documents are open "
            "since then.",
            *(f"\n`{row.code}`: {row.note}" for row in new if row.note),
        ]
    if ledger:
        head = ledger[0]
        found += ["", f"Held out: scored {head['date'][:10]}, {head['critic']}, code "
                  f"`{head['code'][:12]}`; {len(ledger)} scorings so far."]  # fmt: skip
    if len(ledger) > 1:
        last = Score.model_validate(ledger[-1]["score"])
        found += [
            "",
            "After that scoring false alarms of the held-out part were mended, and rules for "
            "errors that had been missed; its documents are no longer unseen. The last scoring: "
            f"recall of kinds that a program can decide {shown(last.checkable)}, of all kinds "
            f"{shown(last.recall)}, precision {shown(last.precision)}; on clean documents "
            f"{on_clean(last)}, {strict(last)} of them by number and reference rules.",
        ]
    return found


def shown(rate: Rate) -> str:
    """A rate with its counts."""
    return "not measured" if rate.rate is None else f"{rate.rate:.1%} ({rate.hits} of {rate.of})"


def on_clean(found: Score) -> str:
    """Findings on clean documents, those called major beside them."""
    total = sum(found.clean.values())
    return f"{total} on {len(found.clean)}, {found.clean_by_severity.get('major', 0)} major"


def strict(found: Score) -> int:
    """Findings on clean documents by rules that should have none."""
    return found.clean_by_theme.get("numbers", 0) + found.clean_by_theme.get("references", 0)


def _kind(kind: str, parts: Sequence[Score | None]) -> str:
    columns = [
        shown(part.by_kind[kind]) if part and kind in part.by_kind else "–" for part in parts
    ]
    return f"| {kind} | {'yes' if kind in CHECKABLE else 'no'} | {' | '.join(columns)} |"


def main() -> int:
    """Write the page; with --held-out an entry of the ledger first."""
    parser = argparse.ArgumentParser(
        prog="python -m mechmentor.evals.critique.measure", description="measure the linter"
    )
    parser.add_argument("--held-out", action="store_true", help="open the held-out part as well")
    parser.add_argument("--print", action="store_true", help="print the page, write nothing")
    options = parser.parse_args()
    if options.held_out:
        found, inputs = measured("held-out")
        enter(found, inputs, f"linter {__version__}", code=code_hash())
    text = page(measured("open")[0], entries())
    if options.print:
        print(text)
    else:
        PAGE.write_text(text, encoding="utf-8")
        print(f"written: {PAGE}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
