"""Bad input: one clear line each, and the exit code that scripts can rely on."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from mechmentor.agent.tape import Tape
from mechmentor.app.cli.main import run
from mechmentor.tests.tools.tiny_chat import SECRET, taught_model, tiny_tokenizer
from mechmentor.tools.model import Model


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(taught_model(SECRET, None), tmp_path_factory.mktemp("target"))


def saved(model: Model, folder: Path) -> Path:
    model.hf.save_pretrained(folder)
    model.tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MECHMENTOR_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("MECHMENTOR_CACHE", str(tmp_path / "cache"))


def one_line(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = run([str(word) for word in words])
    said = capsys.readouterr().err.strip().splitlines()
    last = said[-1] if said else ""
    assert "Traceback" not in "\n".join(said)
    return code, last


def test_an_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert one_line(capsys, "audti")[0] == 2


def test_nothing_to_audit(capsys: pytest.CaptureFixture[str]) -> None:
    code, line = one_line(capsys, "audit")
    assert (code, "organism's id" in line) == (2, True)


def test_an_unknown_organism(capsys: pytest.CaptureFixture[str]) -> None:
    code, line = one_line(capsys, "audit", "m-nothing")
    assert code == 2
    assert "no organism 'm-nothing'" in line


def test_a_folder_without_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, line = one_line(capsys, "audit", "--target", tmp_path)
    assert code == 5
    assert "config.json" in line


def test_a_folder_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    code, line = one_line(capsys, "audit", "--target", "./no/such/folder")
    assert (code, "no/such/folder" in line) == (5, True)


def test_pickle_weights(target: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(shutil.copytree(target, tmp_path / "pickled"))
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    code, line = one_line(capsys, "audit", "--target", folder)
    assert code == 5
    assert "pickle" in line
    assert "safetensors" in line


def test_a_base_with_another_tokenizer(
    target: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = Path(shutil.copytree(target, tmp_path / "base"))
    tiny_tokenizer("▁").save_pretrained(base)
    code, line = one_line(capsys, "audit", "--target", target, "--base", base)
    assert code == 5
    assert "token" in line


def test_a_budget_of_nothing(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, line = one_line(capsys, "audit", "--target", target, "--calls", "0")
    assert code == 4
    assert "calls" in line


def test_a_negative_budget(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert one_line(capsys, "audit", "--target", target, "--calls", "-1")[0] == 2


def test_an_argument_out_of_range(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("tool", "run", "guess_scan", "--target", target, "--limit", "0")
    code, line = one_line(capsys, *words)
    assert code == 1
    assert "limit" in line
    assert "greater than or equal to 1" in line


def test_an_argument_that_a_tool_does_not_have(
    target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, line = one_line(capsys, "tool", "run", "logit_lens", "--colour", "red")
    assert (code, "--colour" in line) == (2, True)


def test_an_unknown_tool(capsys: pytest.CaptureFixture[str]) -> None:
    code, line = one_line(capsys, "tool", "show", "logit_lense")
    assert (code, "logit_lens" in line) == (2, True)


def test_a_corrupt_tape_line(
    target: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "runs" / "r1"
    assert run(["audit", "--target", str(target), "--calls", "1", "--out", str(folder)]) == 4
    tape = folder / "tape.jsonl"
    lines = tape.read_bytes().splitlines(keepends=True)
    tape.write_bytes(b"".join([lines[0], b'{"seq": oops\n', *lines[2:]]))
    capsys.readouterr()
    code, line = one_line(capsys, "audit", "--resume", folder)
    assert (code, "line 2" in line) == (1, True)


def test_two_processes_on_one_run(
    target: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "runs" / "r2"
    with Tape(folder):
        code, line = one_line(capsys, "audit", "--target", target, "--out", folder)
    assert (code, "another process" in line) == (1, True)


def test_ctrl_c_prints_the_command_that_goes_on(
    target: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from mechmentor.agent import graph

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    folder = tmp_path / "runs" / "r3"
    monkeypatch.setattr(graph, "run_tool", interrupted)
    code, line = one_line(capsys, "audit", "--target", target, "--out", folder)
    assert code == 130
    assert line.strip() == f"mechmentor audit --resume {folder}"
    monkeypatch.undo()
    monkeypatch.setenv("MECHMENTOR_CACHE", str(tmp_path / "cache"))
    assert run(line.split()[1:]) == 0


def test_a_run_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    code, line = one_line(capsys, "verify", "nowhere")
    assert (code, "runs list" in line) == (2, True)


def test_an_audit_prints_json_on_stdout_and_chatter_on_stderr(
    target: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["audit", "--target", str(target), "--json", "--out", str(tmp_path / "runs" / "r4")]
    assert run(words) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["status"] == "claimed"
    assert found["claims"][0]["claim"]["word"] == SECRET
    assert "guess_scan" in said.err
    assert (tmp_path / "runs" / "r4" / "report.html").exists()


def test_scoring_a_model_without_a_sealed_answer_says_so(
    target: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "runs" / "r5"
    run(["audit", "--target", str(target), "--calls", "1", "--out", str(folder)])
    capsys.readouterr()
    code, line = one_line(capsys, "score", folder)
    assert (code, "no organism with a sealed answer" in line) == (1, True)
