"""Scripted critics, read over loopback HTTP and scored as any model would be."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mechmentor.agent.chat.openai_chat import OpenAIChat
from mechmentor.agent.chat.settings import Endpoint
from mechmentor.app.fake_api import FakeAPI
from mechmentor.evals.critique.documents import HERE
from mechmentor.evals.critique.lint import MAIN, run
from mechmentor.evals.critique.planter.__main__ import write
from mechmentor.evals.critique.review import on_clean, reader
from mechmentor.evals.critique.reviewers import calibration
from mechmentor.evals.critique.score import Score, score
from mechmentor.tests.agent.talk.review.critics import (
    boilerplate,
    critic,
    every_line,
    finding,
    flatterer,
    quotable,
)
from mechmentor.tools.critique.document.read import read_draft

CATEGORIES = json.loads((HERE / "categories.json").read_text())
Brain = Callable[[str, list[str]], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five planted documents of the open part, of different kinds, with their clean twins."""
    folder = tmp_path_factory.mktemp("cases")
    write(folder, "open", range(1))
    truth = json.loads((folder / "truth.json").read_text())
    kept = {case["kind"]: case for case in truth["cases"] if case["main"].endswith(".md")}
    truth["cases"] = list(kept.values())[::4][:5]
    (folder / "truth.json").write_text(json.dumps(truth))
    names = {case["case"] for case in truth["cases"]}
    twins = {case["document"] for case in truth["cases"]}
    for path in [*(folder / "planted").iterdir(), *(folder / "clean").iterdir()]:
        if path.name not in names | twins:
            path.rename(folder / f"unused-{path.name}")
    return folder


def scored(cases: Path, brain: Brain, work: Path) -> Score:
    with FakeAPI(critic(brain)) as api:
        endpoint = Endpoint(provider="custom", base_url=api.url, model="scripted")
        found = run(cases, reader(OpenAIChat(endpoint, timeout=20, max_retries=0), work))
    return score(json.loads((cases / "truth.json").read_text()), found, CATEGORIES)


def oracle(cases: Path) -> Brain:
    """Knows where every error was planted, and says nothing about a clean document."""
    known = {}
    for case in json.loads((cases / "truth.json").read_text())["cases"]:
        lines = read_draft(cases / "planted" / case["case"] / case["main"]).lines
        aspects = [r[7:] for r in CATEGORIES[case["kind"]] if r.startswith("review-")]
        known["\n".join(line.text for line in lines).rstrip()] = (case, aspects[0])

    def brain(name: str, lines: list[str]) -> list[dict[str, Any]]:
        case, aspect = known.get("\n".join(lines).rstrip(), (None, ""))
        if case is None or name != aspect:
            return []
        at = case["places"][0]["first"]
        near = [line for n in (0, 1, -1, 2, -2, 3, -3) for line in lines[max(0, at - 1 + n) :][:1]]
        return [finding(quotable(near)[0], "Here it is.")]

    return brain


def test_an_oracle_scores_one(cases: Path, tmp_path: Path) -> None:
    found = scored(cases, oracle(cases), tmp_path)
    assert found.recall.rate == found.precision.rate == found.net == 1.0


@pytest.mark.parametrize("brain", [boilerplate, every_line], ids=["boilerplate", "every line"])
def test_who_says_the_same_of_everything_scores_nothing(
    cases: Path, tmp_path: Path, brain: Brain
) -> None:
    found = scored(cases, brain, tmp_path)
    assert sum(found.clean.values()) > 0
    assert abs(found.net) <= 0.2  # of five: at most one
    assert (found.recall.rate or 0) <= 0.2


def test_a_flatterer_scores_zero(cases: Path, tmp_path: Path) -> None:
    found = scored(cases, flatterer, tmp_path)
    assert found.recall.rate == found.net == 0.0
    assert found.precision.rate is None
    assert sum(found.clean.values()) == 0


def test_a_models_false_findings_are_counted_and_shown(tmp_path: Path) -> None:
    with FakeAPI(critic(lambda name, lines: boilerplate(name, lines)[: name == "clarity"])) as api:
        endpoint = Endpoint(provider="custom", base_url=api.url, model="scripted")
        found = on_clean(OpenAIChat(endpoint, timeout=20, max_retries=0), tmp_path)
    assert (found.documents, found.findings, found.major) == (len(MAIN), len(MAIN), len(MAIN))
    file = tmp_path / "reviewers.jsonl"
    file.write_text(found.model_dump_json() + "\n")
    assert calibration("scripted", file).startswith(f"{len(MAIN)} on {len(MAIN)} clean documents")
    assert calibration("another", file) == "not measured"
