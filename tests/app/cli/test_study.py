"""The learner's commands with no key, no network and no torch."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mechmentor.app.cli.main import run

PAPER = (
    "# Heads\n\nThree attention heads do most of the work.\nRemoving them lowers accuracy to 41%.\n"
)
REPLY = """[right] Three heads. "Three attention heads do most of the work" [heads:L3]
[wrong] "Seven attention heads do most of the work" and
> Removing them raises accuracy to 41%.
"""

BLOCKED = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "transformers", "transformer_lens", "jaxtyping", "gguf",
            "safetensors", "sklearn", "scipy", "numpy", "litellm", "mcp", "inspect_ai", "peft"}:
            raise ModuleNotFoundError(f"blocked {name}", name=name)
sys.meta_path.insert(0, Block())
from mechmentor.app.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MECHMENTOR_DATA", str(tmp_path / "data"))
    for name in ("OPENROUTER_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "heads.md").write_text(PAPER)
    (tmp_path / "reply.txt").write_text(REPLY)
    return tmp_path


def without_torch(*words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, *words],
        capture_output=True, text=True, env=dict(os.environ), check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_two_invented_quotations_are_struck_out_without_torch(folder: Path) -> None:
    assert without_torch("context", "add", "heads.md").returncode == 0
    done = without_torch("paste", "reply.txt", "--context", "heads")
    assert done.returncode == 1
    assert done.stdout.count("not in the source") == 2
    assert '~~"Seven attention heads do most of the work"~~' in done.stdout
    assert '"Three attention heads do most of the work" [heads:L3]\n' in done.stdout
    assert "3 quotations: 1 verified, 2 not found" in done.stderr
    assert "1 right, 1 wrong" in done.stderr


def test_a_tool_of_the_learner_runs_without_torch(folder: Path) -> None:
    without_torch("context", "add", "heads.md")
    done = without_torch("tool", "run", "search_context", "accuracy", "--contexts", '["heads"]')
    assert done.returncode == 0
    assert "[heads:L1-L4]" in done.stdout


def test_feedback_without_a_key_writes_a_prompt(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["context", "add", "heads.md"])
    Path("mine.txt").write_text("Probes show what the model uses.")
    assert run(["feedback", "mine.txt", "--on", "heads", "--technique", "linear_probes"]) == 0
    prompt = Path("prompt.md").read_text()
    assert "attach this file: heads.txt" in prompt
    assert "Three attention heads" not in prompt
    assert "Decodable is taken for used." in prompt
    assert "mine.txt" not in prompt
    assert "paste REPLY.txt --context heads" in capsys.readouterr().out


def test_each_command_says_what_is_wrong_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (
        ["context", "add", "nothing-here"],
        ["context", "show", "nothing"],
        ["context", "add"],
        ["quote", "check", "gone.txt"],
        ["feedback", "heads.md", "--framing", "kind"],
    ):
        assert run(words) == 2, words
        assert "Traceback" not in capsys.readouterr().err
