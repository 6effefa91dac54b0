"""Verify: integrity finds any changed byte; reproduction finds a result that was made up."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mechmentor.agent.case import Case
from mechmentor.agent.drivers.playbook import Playbook
from mechmentor.agent.run import RunConfig, start
from mechmentor.agent.tape import GENESIS, Record, encode, record_hash
from mechmentor.agent.verify import compare, verify


@pytest.fixture(scope="module")
def finished(
    tmp_path_factory: pytest.TempPathFactory, organism_folder: str, base_folder: str
) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    case = Case(id="t-1", target=organism_folder, base=base_folder, access="base")
    start(folder, case, RunConfig(), lambda _: Playbook())
    return folder


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "copy"))


def rewrite(folder: Path, change: Callable[[Record], None]) -> None:
    """What a forger does: change records and hash everything anew."""
    path = folder / "tape.jsonl"
    records = [json.loads(line) for line in path.read_bytes().splitlines()]
    prev, lines = GENESIS, []
    for record in records:
        change(record)
        record["prev"] = prev
        record["hash"] = prev = record_hash(record)
        lines.append(encode(record))
    path.write_bytes(b"".join(lines))


def test_an_untouched_run_passes_both_parts(finished: Path) -> None:
    found = verify(finished, everything=True)
    assert found.integrity
    assert found.reproduced, [str(d) for c in found.checks for d in c.differences]
    assert len(found.checks) >= 6


def test_only_what_the_answer_rests_on_is_run_again_by_default(finished: Path) -> None:
    tools = [check.tool for check in verify(finished).checks]
    assert tools == ["guess_scan", "test_claim"]


def test_one_changed_byte_fails_integrity_and_names_the_line(copy: Path) -> None:
    path = copy / "tape.jsonl"
    blob = bytearray(path.read_bytes())
    at = blob.index(b'"top_margin"') + 16
    blob[at] = ord("9") if blob[at] != ord("9") else ord("8")
    path.write_bytes(bytes(blob))
    found = verify(copy)
    assert not found.integrity
    assert found.broken.line == bytes(blob[:at]).count(b"\n") + 1


def test_a_forged_and_rehashed_result_fails_reproduction_by_name(copy: Path) -> None:
    def forge(record: Record) -> None:
        if record["kind"] == "end" and record["tool"] == "test_claim":
            record["result"]["data"]["rate_target"] = 0.123

    rewrite(copy, forge)
    found = verify(copy)
    assert found.integrity
    assert not found.reproduced
    wrong = [check for check in found.checks if not check.ok]
    assert [check.tool for check in wrong] == ["test_claim"]
    assert "rate_target" in str(wrong[0].differences[0])


def test_another_seed_is_named_by_the_experiment_that_samples(copy: Path) -> None:
    def reseed(record: Record) -> None:
        if record["kind"] == "run":
            record["seed"] = 99

    rewrite(copy, reseed)
    found = verify(copy, everything=True)
    assert not found.reproduced
    assert "weight_difference" in {c.tool for c in found.checks if not c.ok}


def test_another_model_is_named(copy: Path, base_folder: str) -> None:
    def swap(record: Record) -> None:
        if record["kind"] == "run":
            record["case"]["target"] = base_folder

    rewrite(copy, swap)
    found = verify(copy)
    assert not found.reproduced
    assert any("another target model" in problem for problem in found.problems)


def test_a_tape_that_cannot_be_folded_says_so(copy: Path) -> None:
    path = copy / "tape.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:1], b"nonsense\n", *lines[2:]]))
    found = verify(copy)
    assert found.broken.line == 2
    assert not found.reproduced


def test_numbers_are_compared_to_a_relative_tolerance() -> None:
    assert not list(compare({"a": [1.0, 2.0]}, {"a": [1.00005, 2.0]}, 1e-4, "data"))
    assert [d.path for d in compare({"a": [1.0]}, {"a": [1.001]}, 1e-4, "data")] == ["data.a.0"]
    assert list(compare({"a": 1}, {}, 1e-4, "data"))
    assert list(compare(True, 1, 1e-4, "data")) == []  # JSON true equals 1 in Python; harmless
