"""Score a critic's findings: `python -m mechmentor.evals.critique.score FOLDER FINDINGS`.

A *hit* has the right kind, lies within three lines of the planted place, and is not raised on the
clean twin as well. FINDINGS is JSON: `{"clean": {document: [finding, ...]}, "planted": {case:
[finding, ...]}}`, a finding being `{"rule" or "kind", "file", "line", "end_line", "severity"}`.
`categories.json` maps rules to kinds; a rule that it lacks has no kind and can hit nothing.
"""

import argparse
import datetime
import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from .documents import HERE, Row

NEAR = 3
LEDGER = HERE / "ledger.jsonl"


class Finding(BaseModel):
    """One finding of a critic; further fields are allowed and ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    rule: str = ""
    kind: str = ""
    file: str = ""
    line: int | None = None
    end_line: int | None = None
    severity: str = ""
    theme: str = ""


class Case(BaseModel):
    """What `truth.json` says about one planted document."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    case: str
    document: str
    main: str
    author: str
    kind: str
    checkable: bool
    anywhere: bool
    places: list[dict[str, Any]]
    hunks: list[dict[str, Any]]


class Rate(Row):
    """A share with its counts; `rate` is None where there is nothing to count."""

    hits: int
    of: int

    @property
    def rate(self) -> float | None:
        """Hits by cases."""
        return self.hits / self.of if self.of else None


class Score(Row):
    """Figures of one critic on one part.

    Attributes:
        part: `open` or `held-out`.
        recall: Over all cases.
        checkable: Over cases that a program can decide.
        independent: Over documents whose author knew nothing of the planter.
        by_kind: Recall of each kind.
        precision: Hits by new findings on planted documents (those the clean twin lacks).
        net: Share of planted errors reported, less the share of clean twins on which the same kind
            is reported at the same place: what the error itself changed in the critic's mind.
        clean: Findings on each clean document.
        clean_by_severity: The same, summed, by severity.
        clean_by_theme: The same by the rules' theme; `numbers` and `references` should be none.
        unmapped: Rules without a kind, with their number of findings.
        missed: Cases without a hit.
    """

    part: str
    recall: Rate
    checkable: Rate
    independent: Rate
    by_kind: dict[str, Rate]
    precision: Rate
    net: float
    clean: dict[str, int]
    clean_by_severity: dict[str, int]
    clean_by_theme: dict[str, int] = Field(default_factory=dict)
    unmapped: dict[str, int]
    missed: list[str]


def score(
    truth: Mapping[str, Any], findings: Mapping[str, Any], categories: Mapping[str, Sequence[str]]
) -> Score:
    """Score findings against the truth.

    Raises:
        ValueError: If a case or a clean twin was never run: that is not the same as no finding.
    """
    cases = [Case(**row) for row in truth["cases"]]
    clean = {name: _read(rows) for name, rows in findings["clean"].items()}
    planted = {name: _read(rows) for name, rows in findings["planted"].items()}
    absent = [case.case for case in cases if case.case not in planted]
    absent += sorted({case.document for case in cases} - set(clean))
    if absent:
        raise ValueError(f"no findings for {', '.join(absent[:3])}: run all and write [] for none")
    tally: dict[str, list[Case]] = defaultdict(list)
    missed, hits, new, anyway, twins = [], 0, 0, 0, 0
    for case in cases:
        raised = _raised(case, clean[case.document], categories)
        fresh = [one for one in planted[case.case] if not _on_twin(case, one, raised, categories)]
        right = [one for one in fresh if _right(case, one, categories)]
        new, hits = new + len(fresh), hits + len(right)
        anyway += any(_right(case, one, categories) for one in planted[case.case])
        twins += any(_on_clean(case, one, categories) for one in clean[case.document])
        if right:
            tally[case.kind].append(case)
        else:
            missed.append(case.case)
    good = {case.case for some in tally.values() for case in some}
    every = [one for rows in [*clean.values(), *planted.values()] for one in rows]
    return Score(
        part=truth["part"],
        recall=_rate(cases, good),
        checkable=_rate([case for case in cases if case.checkable], good),
        independent=_rate([case for case in cases if case.author == "independent"], good),
        by_kind={
            kind: _rate([case for case in cases if case.kind == kind], good)
            for kind in sorted({case.kind for case in cases})
        },
        precision=Rate(hits=hits, of=new),
        net=(anyway - twins) / len(cases) if cases else 0.0,
        clean={name: len(rows) for name, rows in sorted(clean.items())},
        clean_by_severity=dict(Counter(one.severity for rows in clean.values() for one in rows)),
        clean_by_theme=dict(Counter(one.theme for rows in clean.values() for one in rows)),
        unmapped=dict(Counter(one.rule for one in every if not _kinds(one, categories))),
        missed=missed,
    )


def _read(rows: Sequence[Mapping[str, Any]]) -> list[Finding]:
    return [Finding(**row) for row in rows]


def _rate(cases: Sequence[Case], good: set[str]) -> Rate:
    return Rate(hits=sum(case.case in good for case in cases), of=len(cases))


def _kinds(finding: Finding, categories: Mapping[str, Sequence[str]]) -> set[str]:
    if finding.kind:
        return {finding.kind}
    return {kind for kind, rules in categories.items() if finding.rule in rules}


def _right(case: Case, finding: Finding, categories: Mapping[str, Sequence[str]]) -> bool:
    if case.kind not in _kinds(finding, categories):
        return False
    if case.anywhere:
        return True
    if finding.line is None:
        return False
    first, last = finding.line, finding.end_line or finding.line
    file = finding.file or case.main
    if last - first > 4 * NEAR:  # a finding that names half the document names no place
        last = first
    return any(
        place["file"] == file and first <= place["last"] + NEAR and last >= place["first"] - NEAR
        for place in case.places
    )


def _raised(
    case: Case, twin: Sequence[Finding], categories: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], set[int | None]]:
    """Lines of the clean twin's findings, carried to the planted text, by kind and file."""
    found: dict[tuple[str, str], set[int | None]] = defaultdict(set)
    for one in twin:
        line = None if one.line is None else _moved(case, one)
        for name in _names(one, categories):
            found[name, one.file or case.main].add(line)
    return found


def _names(finding: Finding, categories: Mapping[str, Sequence[str]]) -> set[str]:
    return _kinds(finding, categories) or {f"rule {finding.rule}"}


def _on_twin(
    case: Case,
    finding: Finding,
    raised: Mapping[tuple[str, str], set[int | None]],
    categories: Mapping[str, Sequence[str]],
) -> bool:
    """Whether the clean twin has the same finding where the same text stands."""
    for name in _names(finding, categories):
        if case.anywhere and name == case.kind:  # no place of its own, so none to compare
            if any(kind == name for kind, _ in raised):
                return True
            continue
        at = raised.get((name, finding.file or case.main), set())
        near: list[int | None] = [None]
        if finding.line is not None:
            near = [finding.line + off for off in range(-NEAR, NEAR + 1)]
        if not at.isdisjoint(near):
            return True
    return False


def _on_clean(case: Case, finding: Finding, categories: Mapping[str, Sequence[str]]) -> bool:
    """Whether a clean finding would be a hit if the error were planted."""
    if finding.line is None:
        return _right(case, finding, categories)
    length = (finding.end_line or finding.line) - finding.line
    line = _moved(case, finding)
    moved = finding.model_copy(update={"line": line, "end_line": line + length})
    return _right(case, moved, categories)


def _moved(case: Case, finding: Finding) -> int:
    """Line of a clean finding, carried over the edits to the planted text."""
    assert finding.line is not None
    shift = 0
    for hunk in case.hunks:
        if hunk["file"] == (finding.file or case.main) and hunk["clean"][1] <= finding.line:
            shift = hunk["planted"][1] - hunk["clean"][1]
    return finding.line + shift


def lines(found: Score) -> list[str]:
    """The score as lines of text."""
    rows = [
        f"part: {found.part}",
        f"recall: {_shown(found.recall)}",
        f"recall of checkable kinds: {_shown(found.checkable)}",
        f"recall on independent documents: {_shown(found.independent)}",
        f"precision: {_shown(found.precision)}",
        f"net (reported with the error, less reported without it): {found.net:.3f}",
        f"findings on clean documents: {sum(found.clean.values())} on {len(found.clean)}",
    ]
    rows += [f"  {name or 'no severity'}: {n}" for name, n in found.clean_by_severity.items()]
    rows += [f"{kind}: {_shown(rate)}" for kind, rate in found.by_kind.items()]
    if found.unmapped:
        rows.append("rules without a kind: " + ", ".join(sorted(found.unmapped)))
    return rows


def _shown(rate: Rate) -> str:
    return "not measured" if rate.rate is None else f"{rate.rate:.1%} ({rate.hits} of {rate.of})"


def enter(
    found: Score, inputs: Sequence[bytes], critic: str, ledger: Path = LEDGER, code: str = ""
) -> None:
    """Append a scoring of the held-out part to the ledger; earlier entries stay.

    Args:
        found: The score.
        inputs: Truth, findings and categories, to be hashed.
        critic: Name and version.
        ledger: The file.
        code: Hash of the critic's code.
    """
    entry = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "critic": critic,
        "code": code,
        "inputs": [hashlib.sha256(one).hexdigest() for one in inputs],
        "score": found.model_dump(mode="json"),
    }
    with ledger.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def main() -> int:
    """Print the score; write the held-out part's into the ledger."""
    parser = argparse.ArgumentParser(
        prog="python -m mechmentor.evals.critique.score", description="score a critic's findings"
    )
    parser.add_argument("folder", type=Path, help="what the planter wrote")
    parser.add_argument("findings", type=Path, help="JSON file of findings")
    parser.add_argument("--critic", default="", help="name and version, for the ledger")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    files = [options.folder / "truth.json", options.findings, HERE / "categories.json"]
    try:
        inputs = [file.read_bytes() for file in files]
        found = score(*(json.loads(one) for one in inputs))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    if found.part == "held-out":
        if not options.critic:
            print("the held-out part goes into the ledger: name the --critic", file=sys.stderr)
            return 2
        enter(found, inputs, options.critic)
    print(found.model_dump_json(indent=1) if options.json else "\n".join(lines(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
