"""`critique` and `cite check` from the command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mechmentor.app.cli.main import run
from mechmentor.tests.tools.critique.drafts import PROBE


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    file = tmp_path / "draft.md"
    file.write_text(PROBE.replace("(85.0%)", "(58.0%)"), encoding="utf-8")
    return file


def test_exit_codes_follow_fail_on(draft: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["critique", str(draft)]) == 1
    assert "102 of 120 is 85.0%, not 58.0%" in capsys.readouterr().out
    assert run(["critique", str(draft), "--fail-on", "never"]) == 0


def test_bad_words_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["critique"],
        ["critique", str(tmp_path / "no.md")],
        ["critique", "a", "--format", "x"],
    ):
        assert run(words) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_project_settings_are_followed(draft: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = draft.parent / "pyproject.toml"
    settings.write_text('[tool.mechmentor.critique]\noff = ["percent-count"]\n')
    assert run(["critique", str(draft)]) == 0
    settings.write_text('[tool.mechmentor.critique]\noff = ["percent-cuont"]\n')
    assert run(["critique", str(draft)]) == 2
    assert "unknown rule 'percent-cuont'" in capsys.readouterr().err


def test_second_run_and_venue(draft: Path, capsys: pytest.CaptureFixture[str]) -> None:
    earlier = draft.parent / "earlier.json"
    assert run(["critique", str(draft), "--format", "json", "--out", str(earlier)]) == 1
    draft.write_text("See https://github.com/me/probe.\n\n" + PROBE, encoding="utf-8")
    venue = draft.parent / "venue.yaml"
    venue.write_text("name: Workshop\nwords: 100\nanonymous: true\nsections: [Broader impact]\n")
    assert (
        run(["critique", str(draft), "--against", str(earlier), "--venue", str(venue), "--json"])
        == 1
    )
    report = json.loads(capsys.readouterr().out)
    assert {f["rule"] for f in report["findings"]} >= {
        "venue-length",
        "venue-anonymity",
        "venue-section",
    }
    assert [f["rule"] for f in report["fixed"]] == ["percent-count"]


def test_cite_check_offline(draft: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cite", "check", str(draft), "--offline"]) == 0
    assert "no index was asked" in capsys.readouterr().out


def test_the_linter_runs_without_torch_and_numpy(draft: Path) -> None:
    code = (
        "import sys\nfor name in ('torch', 'numpy', 'scipy', 'transformers'): sys.modules[name] = None\n"
        f"from mechmentor.app.cli.main import run\nsys.exit(run(['critique', {str(draft)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "percent-count" in done.stdout


def test_the_projects_own_readme_passes() -> None:
    import mechmentor

    readme = Path(mechmentor.__file__).parent / "README.md"
    assert run(["critique", str(readme), "--fail-on", "note"]) == 0
