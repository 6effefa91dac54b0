"""Every form of a report: nothing lost, nothing of the draft executed."""

import json

import jsonschema

from mechmentor.tests.tools.critique.drafts import PROBE
from mechmentor.tools.critique.document.read import read_text
from mechmentor.tools.critique.linter import lint
from mechmentor.tools.critique.output.render import FORMATS, json_schema, render
from mechmentor.tools.critique.report import Report, load_report

DRAFT = read_text(
    PROBE.replace("(85.0%)", "(58.0%)") + "\n<script>alert(1)</script> p = 1.3\x1b[31m\n"
)
REPORT = lint(DRAFT)


def test_every_form_names_rule_and_place() -> None:
    for form in FORMATS:
        text = render(REPORT, DRAFT, form, "0.1.0")
        assert "percent-count" in text, form
        assert "\x1b" not in text, form


def test_json_fits_its_schema_and_is_read_again(tmp_path) -> None:  # type: ignore[no-untyped-def]
    text = render(REPORT, DRAFT, "json", "0.1.0")
    jsonschema.validate(json.loads(text), json_schema())
    file = tmp_path / "report.json"
    file.write_text(text)
    assert isinstance(load_report(file), Report)
    assert load_report(file).findings == REPORT.findings


def test_sarif_points_at_lines() -> None:
    run = json.loads(render(REPORT, DRAFT, "sarif", "0.1.0"))["runs"][0]
    result = next(r for r in run["results"] if r["ruleId"] == "percent-count")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "draft.md"
    assert "(58.0%)" in "\n".join(
        DRAFT.text.split("\n")[place["region"]["startLine"] - 1 : place["region"]["endLine"]]
    )
    assert result["level"] == "error"
    assert {r["id"] for r in run["tool"]["driver"]["rules"]} >= {
        r["ruleId"] for r in run["results"]
    }


def test_html_is_one_file_that_runs_nothing() -> None:
    page = render(REPORT, DRAFT, "html", "0.1.0")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
