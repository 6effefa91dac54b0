"""`context`, `quote`, `paste`, `feedback` from the command line: no torch, no key."""

import subprocess
import sys
from pathlib import Path

import pytest

from mechmentor.app.cli.main import run

DOCUMENTS = Path(__file__).parents[2] / "tools" / "study" / "documents"
WITHOUT_TORCH = """
import sys
ABSENT = ("torch", "transformers", "transformer_lens", "langgraph", "openai")
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ABSENT:
            raise ModuleNotFoundError(name=name)
sys.meta_path.insert(0, Absent())
from mechmentor.app.cli.main import run
sys.exit(run(sys.argv[1:]))
"""
REPLY = """\
The note says "Of 24 probes, 17 fell below the 95th percentile of their own shuffles", and
"every one of the 24 probes was beyond its shuffles", and “the model knows what is true and what is
not at every layer”.
"""


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MECHMENTOR_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)


def test_a_pasted_reply_loses_its_two_inventions_without_key_and_torch(tmp_path: Path) -> None:
    (tmp_path / "reply.txt").write_text(REPLY)
    words = [sys.executable, "-c", WITHOUT_TORCH]
    paper = str(DOCUMENTS / "probing.tex")
    added = subprocess.run(
        [*words, "context", "add", paper], capture_output=True, text=True, check=False
    )
    assert added.returncode == 0, added.stderr
    done = subprocess.run(
        [*words, "paste", "reply.txt", "-c", "probing"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout.count("~~") == 4
    assert '"Of 24 probes, 17 fell below' in done.stdout
    assert "1 of 3 quotations are in the text" in done.stderr


def test_contexts_come_and_go(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["context", "add", str(DOCUMENTS / "steering.html"), "--name", "s"]) == 0
    assert run(["context", "show", "s", "--lines", "1-1"]) == 0
    assert "L1: # One coefficient is no curve" in capsys.readouterr().out
    assert run(["context", "pack", "s", "--out", "all.md"]) == 0
    assert '<context name="s"' in (tmp_path / "all.md").read_text()
    assert run(["context", "remove", "s"]) == 0
    assert run(["context", "show", "s"]) == 2
    assert "no context 's'" in capsys.readouterr().err
    assert run(["context", "list", "--suggested"]) == 0
    assert "2211.00593" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["context", "add"], "give one source"),
        (["context", "add", "nothing.pdf"], "there is no nothing.pdf"),
        (["quote", "check", "reply.txt"], "name a context or a file with --context"),
        (["feedback", "x.md", "--on", "x.md", "--framing", "rude"], "--framing is one of"),
    ],
)
def test_wrong_use_is_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    line = capsys.readouterr().err.strip().splitlines()
    assert len(line) == 1
    assert said in line[0]


def test_selftest_fails_only_on_accepted_corruptions(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["quote", "selftest", str(DOCUMENTS / "probing.tex"), "--per-kind", "20"]) == 0
    assert "dropped clause" in capsys.readouterr().out


def test_feedback_without_a_key_writes_the_prompt(tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text("Probes prove use.")
    paper = str(DOCUMENTS / "probing.tex")
    assert run(["feedback", "mine.md", "--on", paper, "--technique", "linear probes"]) == 0
    prompt = (tmp_path / "prompt.md").read_text()
    assert "Probes prove use." in prompt
    assert "attached file" in prompt
    assert "decodable does not mean used" in prompt
    assert "71.4" in (tmp_path / "prompt-context.md").read_text()
