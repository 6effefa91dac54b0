"""Lines on disk go on where they stopped; counts keep organisms, nulls and versions apart."""

from pathlib import Path

import pytest

from mechmentor.evals import tool_verdicts
from mechmentor.evals.tool_verdicts import Verdict, append, count, done, judged, measure, missing
from mechmentor.tests.tools.tiny_models import tiny_llama_model
from mechmentor.tools import calibration, catalog
from mechmentor.tools.runner import ResultCache
from mechmentor.tools.spec import Failure
from mechmentor.tools.workbench import Workbench

NOW = catalog.load("next_token").version


def verdict(model: str, kind: str, beyond: bool | None, version: int = NOW) -> Verdict:
    same = {"model": model, "kind": kind, "tool": "next_token", "version": version}
    return Verdict(beyond=beyond, **same)


def test_it_goes_on_after_a_line_that_was_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "verdicts.jsonl"
    append(file, verdict("a", "organism", True))
    with file.open("a") as out:
        out.write('{"model": "b", "ki')
    append(file, verdict("c", "null_trained", False))
    assert [v.model for v in done(file)] == ["a", "c"]
    assert missing("a", ["next_token", "logit_lens"], done(file)) == ["logit_lens"]
    assert missing("b", ["next_token"], done(file)) == ["next_token"]


def test_counts_keep_kinds_and_versions_apart(tmp_path: Path) -> None:
    rows = [
        verdict("a", "organism", True),
        verdict("b", "organism", False),
        verdict("c", "null_trained", True),
        verdict("d", "identical", False),
        verdict("e", "organism", None),
        verdict("f", "organism", True, NOW + 1),
    ]
    found = count(rows)["next_token"]
    assert (found.hits, found.organisms, found.alarms, found.nulls) == (1, 2, 1, 1)
    assert (found.identical_alarms, found.identical) == (0, 1)
    assert "hits 1/2 [0.01, 0.99]" in tool_verdicts.line("next_token", found)


def test_a_verdict_on_equal_models_alone_is_no_count() -> None:
    assert count([verdict("d", "identical", False), verdict("a", "organism", None)]) == {}


def test_equal_models_draw_no_verdict_beyond_control(tmp_path: Path) -> None:
    bench = Workbench(tiny_llama_model(1), tiny_llama_model(1), folder=tmp_path)
    for tool in ("prefill_contrast", "sequence_score", "weight_difference", "next_token"):
        assert measure(bench, "x", "identical", tool).beyond is False


def test_a_call_that_an_audit_had_made_is_looked_up_and_not_timed(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path / "results")
    bench = Workbench(tiny_llama_model(1), tiny_llama_model(2), folder=tmp_path)
    first, second = (measure(bench, "x", "organism", "next_token", cache) for _ in range(2))
    assert first.seconds is not None
    assert second.seconds is None
    assert (first.beyond, first.summary) == (second.beyond, second.summary)
    assert tool_verdicts.seconds([first, second]) == {"next_token": first.seconds}


def test_a_result_says_how_often_its_verdict_appears_and_a_quiet_one_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "calibration.json"
    tool_verdicts.write(file, count([verdict(str(i), "null_trained", i < 3) for i in range(10)]))
    monkeypatch.setattr(calibration, "FILE", file)
    calibration.table.cache_clear()
    said = "on 3 of 10 nulls"
    try:
        pair = Workbench(tiny_llama_model(1), tiny_llama_model(2), folder=tmp_path)
        same = Workbench(tiny_llama_model(1), tiny_llama_model(1), folder=tmp_path)
        prompts = [f"The capital of {word} is" for word in ("France", "garden", "lamp", "silk")]
        seen = [b.run("next_token", prompt=p) for b in (pair, same) for p in prompts]
    finally:
        monkeypatch.undo()
        calibration.table.cache_clear()
    for result in seen:
        assert not isinstance(result, Failure)
        told = any(said in warning for warning in result.warnings)
        assert told is bool(result.control and result.control.beyond)
    assert {r.control.beyond for r in seen} == {True, False}


def test_seconds_are_those_of_the_present_version() -> None:
    rows = [verdict("a", "organism", True).model_copy(update={"seconds": s}) for s in (1, 3, 90)]
    old = verdict("b", "organism", True, NOW + 1).model_copy(update={"seconds": 1000.0})
    assert tool_verdicts.seconds([*rows, old]) == {"next_token": 3}


def test_tools_that_need_arguments_or_no_model_are_not_judged() -> None:
    names = judged()
    assert "guess_scan" in names
    assert not {"submit_claims", "rate_texts", "test_claim"} & set(names)
