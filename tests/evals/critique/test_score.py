"""The scorer tells a critic that sees from one that talks."""

import json
from pathlib import Path
from typing import Any

import pytest

from mechmentor.evals.critique.documents import HERE
from mechmentor.evals.critique.planter.__main__ import write
from mechmentor.evals.critique.planter.plant import KINDS
from mechmentor.evals.critique.score import Score, enter, lines, score

RULES = {kind: [f"R-{kind}"] for kind in KINDS}


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("cases")
    write(folder, "open", range(1))
    return json.loads((folder / "truth.json").read_text())


def run(truth: dict[str, Any], planted: Any, clean: Any = lambda document: []) -> Score:
    findings = {
        "clean": {case["document"]: clean(case["document"]) for case in truth["cases"]},
        "planted": {case["case"]: planted(case) for case in truth["cases"]},
    }
    return score(truth, findings, RULES)


def oracle(case: dict[str, Any], off: int = 0) -> list[dict[str, Any]]:
    place = case["places"][0]
    return [{"rule": f"R-{case['kind']}", "file": place["file"], "line": place["last"] + off}]


def test_an_oracle_has_everything(truth: dict[str, Any]) -> None:
    found = run(truth, oracle)
    assert found.recall.rate == found.precision.rate == found.checkable.rate == 1.0
    assert found.missed == []


def test_three_lines_off_is_near_and_four_are_not(truth: dict[str, Any]) -> None:
    placed = {**truth, "cases": [c for c in truth["cases"] if len(c["places"]) == 1]}
    placed["cases"] = [c for c in placed["cases"] if not c["anywhere"]]
    assert run(placed, lambda case: oracle(case, 3)).recall.rate == 1.0
    assert run(placed, lambda case: oracle(case, 4)).recall.rate == 0.0


def test_who_says_nothing_gets_nothing(truth: dict[str, Any]) -> None:
    found = run(truth, lambda case: [])
    assert found.recall.rate == 0.0
    assert found.precision.rate is None
    assert "precision: not measured" in lines(found)


def test_the_right_place_with_another_kind_is_no_hit(truth: dict[str, Any]) -> None:
    found = run(truth, lambda case: [{**oracle(case)[0], "rule": "R-else"}])
    assert found.recall.rate == 0.0
    assert found.unmapped == {"R-else": len(truth["cases"])}


def test_who_flags_every_line_of_everything_hits_nearly_nothing(truth: dict[str, Any]) -> None:
    """Every line is flagged with every kind, on the clean twin as well."""
    length = {case["document"]: case["lines"] for case in truth["cases"]}
    kinds = sorted({case["kind"] for case in truth["cases"]})

    def flood(files: dict[str, int]) -> list[dict[str, Any]]:
        return [
            {"kind": kind, "file": file, "line": line}
            for file, count in files.items()
            for line in range(1, count + 1)
            for kind in kinds
        ]

    few = {**truth, "cases": truth["cases"][::12]}
    found = run(few, lambda case: flood(case["lines"]), lambda name: flood(length[name]))
    assert found.recall.rate is not None
    assert found.recall.rate <= 0.1


def test_a_range_over_the_whole_document_names_no_place(truth: dict[str, Any]) -> None:
    def wide(case: dict[str, Any]) -> list[dict[str, Any]]:
        place = case["places"][0]
        return [{"kind": case["kind"], "file": place["file"], "line": 1, "end_line": 9999}]

    far = [c for c in truth["cases"] if not c["anywhere"] and len(c["places"]) == 1]
    far = [c for c in far if c["places"][0]["first"] > 10]
    assert run({**truth, "cases": far}, wide).recall.rate == 0.0


def test_a_document_that_was_never_run_is_no_silence(truth: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no findings for"):
        score(truth, {"clean": {}, "planted": {}}, RULES)


def test_independent_documents_are_counted_apart(truth: dict[str, Any]) -> None:
    found = run(truth, oracle)
    counted = sum(case["author"] == "independent" for case in truth["cases"])
    assert found.independent.of == counted


def test_the_ledger_only_grows(truth: dict[str, Any], tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    found = run(truth, oracle)
    enter(found, [b"truth", b"findings"], "critic 1", ledger)
    enter(found, [b"truth", b"other"], "critic 2", ledger)
    rows = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert [row["critic"] for row in rows] == ["critic 1", "critic 2"]
    assert rows[0]["inputs"] != rows[1]["inputs"]


def test_the_categories_name_every_kind() -> None:
    assert set(json.loads((HERE / "categories.json").read_text())) == set(KINDS)
