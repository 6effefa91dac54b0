"""SARIF against models generated from the official 2.1.0 schema."""

import json
from pathlib import Path
from urllib.parse import unquote

import pytest
from pydantic import ValidationError
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

from mechmentor.tests.tools.critique.document.test_read import MAIN, RESULTS
from mechmentor.tests.tools.critique.drafts import BROKEN, PROBE
from mechmentor.tools.critique.document.model import Document
from mechmentor.tools.critique.document.read import read_draft, read_text
from mechmentor.tools.critique.findings import Finding, place
from mechmentor.tools.critique.linter import lint
from mechmentor.tools.critique.output.render import render
from mechmentor.tools.critique.report import Refuted, Report, Review

EVERYTHING = "".join(
    f"<!-- critique: ignore {rule}: as an example -->\n\n{PROBE.replace(old, new, 1)}\n\n"
    if n % 3 == 0
    else f"{PROBE.replace(old, new, 1)}\n\n"
    for n, (old, new, rule) in enumerate(BROKEN.values())
)


def sarif(report: Report, document: Document) -> dict:
    return json.loads(render(report, document, "sarif", "0.1.0"))


def test_a_log_with_everything_in_it_is_valid() -> None:
    document = read_text(EVERYTHING)
    report = lint(document).against(lint(read_text(PROBE.replace("(85.0%)", "(58.0%)"))))
    refuted = Finding(
        rule="review-methods", theme="methods", severity="major", message="M.", fix="F.",
        places=(place(document, 3),), source="reviewer",
    )  # fmt: skip
    by = Refuted(finding=refuted, by=place(document, 5, None, "words"), why="It is there.")
    log = sarif(report.reviewed([refuted], Review(model="m", refuted=(by,))), document)
    Sarif.model_validate(log)
    results = log["runs"][0]["results"]
    assert {r.get("baselineState") for r in results} >= {"new", "unchanged"}
    assert [r["suppressions"][0]["kind"] for r in results if r.get("suppressions")][
        -1
    ] == "external"
    assert any("relatedLocations" in r for r in results)
    assert "$schema" in log


def test_the_check_can_fail() -> None:
    log = sarif(lint(read_text(EVERYTHING)), read_text(EVERYTHING))
    log["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(ValidationError):
        Sarif.model_validate(log)


def test_every_anchor_is_a_line_of_a_file_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through includes, from another folder, with the bibliography's own lines."""
    project = tmp_path / "a paper"
    (project / "parts").mkdir(parents=True)
    (project / "main.tex").write_text(MAIN.replace(r"\cite{known}", r"\cite{known,other}"))
    (project / "parts" / "results.tex").write_text(RESULTS)
    (project / "refs.bib").write_text(
        "@article{known, title={A long title here}, year={2020}}\n\n"
        "@article{other, title={Another title here}, year={2021}}\n"
        "@article{third, title={A third title here}, year={2021}}\n"
        "@article{twice, title={A Long Title Here}, year={2022}}\n"
    )
    monkeypatch.chdir(tmp_path)
    document = read_draft(Path("a paper"))
    log = sarif(lint(document), document)
    Sarif.model_validate(log)
    shown = {}
    for result in log["runs"][0]["results"]:
        where = result["locations"][0]["physicalLocation"]
        file = tmp_path / unquote(where["artifactLocation"]["uri"])
        lines = file.read_text().splitlines()
        shown[result["ruleId"]] = lines[where["region"]["startLine"] - 1]
    assert "77.0" in shown["text-table"]
    assert r"\cite{lost}" in shown["undefined-citation"]
    assert r"\ref{fig:none}" in shown["missing-target"]
    assert "{twice," in shown["duplicate-entry"]
