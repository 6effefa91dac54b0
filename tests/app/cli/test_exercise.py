"""A new user without a key does one exercise of each kind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mechmentor.app.cli.main import run
from mechmentor.tools.study.exercises import bank, workfile


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("OPENAI_API_KEY", "OPENROUTER_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MECHMENTOR_EXERCISES", str(tmp_path / "own"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def start(name: str, capsys: pytest.CaptureFixture[str], *words: str) -> Path:
    assert run(["exercise", "do", name, *words]) == 0
    return Path(capsys.readouterr().out.strip())


def fill(path: Path, **answers: str) -> None:
    text = path.read_text(encoding="utf-8")
    for field, value in answers.items():
        text = text.replace(f"{field.replace('_', ' ')}:", f"{field.replace('_', ' ')}: {value}")
    path.write_text(text, encoding="utf-8")


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["exercise", "list", "--json", "--kind", "maths"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["kind"] for row in rows} == {"maths"}
    assert all(row["certified"] for row in rows)


def test_light_kinds_load_no_torch() -> None:
    code = (
        "import sys; from mechmentor.app.cli.main import run; run(['exercise', 'list']); "
        "run(['exercise', 'do', 'softmax-shift']); run(['exercise', 'do', 'kl-direction']); "
        "print([m for m in ('torch', 'transformers', 'openai') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_maths(capsys: pytest.CaptureFixture[str]) -> None:
    path = start("softmax-shift", capsys)
    assert run(["exercise", "grade", "softmax-shift"]) == 2
    assert "no answer yet" in capsys.readouterr().err
    fill(path, answer="0.75")
    assert run(["exercise", "grade", "softmax-shift"]) == 1
    assert "4 of 5" in capsys.readouterr().out
    fill(path, answer="4/5 \nanswer: 80% \nold")
    assert run(["exercise", "grade", "softmax-shift"]) == 0


def test_choice_keeps_calibration(capsys: pytest.CaptureFixture[str]) -> None:
    path = start("kl-direction", capsys)
    fill(path, answer="B", confidence="90%")
    assert run(["exercise", "grade", "kl-direction"]) == 1
    said = capsys.readouterr()
    assert "KL(base ‖ target)" in said.out
    assert "said 90% sure on average, 0 of 1 came true" in said.err


@pytest.mark.parametrize("notebook", [False, True])
def test_coding(capsys: pytest.CaptureFixture[str], notebook: bool) -> None:
    path = start("stable-softmax", capsys, *(["--notebook"] if notebook else []))
    assert path.suffix == (".ipynb" if notebook else ".py")
    assert run(["exercise", "grade", "stable-softmax"]) == 1
    assert "NotImplementedError" in capsys.readouterr().out
    exercise = bank.find("stable-softmax")
    cells = workfile.cells_of(exercise, exercise.solution)  # type: ignore[arg-type, union-attr]
    from mechmentor.tools.study.exercises.percent import to_notebook, to_percent

    path.write_text((to_notebook if notebook else to_percent)(cells), encoding="utf-8")
    assert run(["exercise", "grade", "stable-softmax"]) == 0
    assert "done" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["describe-linear-probe", "predict-country-study",
                                  "flaw-lens-without-norm"])  # fmt: skip
def test_texts_are_marked_by_the_learner(capsys: pytest.CaptureFixture[str], name: str) -> None:
    path = start(name, capsys)
    sample = bank.find(name).samples[0].text  # type: ignore[union-attr]
    path.write_text(path.read_text(encoding="utf-8") + sample, encoding="utf-8")
    assert run(["exercise", "grade", name]) == 0
    assert "check every box" in capsys.readouterr().out
    text = path.read_text(encoding="utf-8")
    assert text.count("- [x]") == len(bank.find(name).points)  # type: ignore[union-attr]
    path.write_text(text.replace("- [x]", "- [ ]", 3), encoding="utf-8")
    assert run(["exercise", "grade", name]) == 1
    assert "missing" in capsys.readouterr().out
    path.write_text(text, encoding="utf-8")
    assert run(["exercise", "grade", name]) == 0


@pytest.mark.slow
def test_measure_it_asks_first_and_keeps_calibration(capsys: pytest.CaptureFixture[str]) -> None:
    path = start("how-sure-of-paris", capsys)
    assert run(["exercise", "grade", "how-sure-of-paris"]) == 2
    assert "predict first" in capsys.readouterr().err
    fill(path, prediction_1="0.8", range_1="0.5 .. 0.95", prediction_2="2", range_2="1 to 3",
         prediction_3="20", range_3="10 .. 40")  # fmt: skip
    assert run(["exercise", "grade", "how-sure-of-paris"]) == 0
    said = capsys.readouterr()
    assert "measured 0.7727" in said.out
    assert "said 80% sure on average, 2 of 3 came true" in said.err


def test_watching_grades_every_saving_and_survives_an_unfinished_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = start("softmax-shift", capsys)
    writes = iter(["0.75", "what?", "0.8"])

    def save(_: float) -> None:
        answer = next(writes, None)
        if answer is None:
            raise KeyboardInterrupt
        text = path.read_text(encoding="utf-8").rsplit("answer:", 1)[0]
        path.write_text(f"{text}answer: {answer}\n", encoding="utf-8")
        os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))

    monkeypatch.setattr("time.sleep", save)
    run(["exercise", "grade", "softmax-shift", "--watch"])
    said = capsys.readouterr()
    assert "no answer yet" in said.err
    assert "cannot be read as a number" in said.err
    assert said.out.count("score") == 2
    assert said.out.index("score 0%") < said.out.index("score 100%, done")


def test_hints_go_on_and_nothing_is_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    path = start("stable-softmax", capsys)
    for number in (1, 2, 2):
        assert run(["exercise", "hint", "stable-softmax"]) == 0
        assert f"hint {number} of 2" in capsys.readouterr().out
    path.write_text("mine")
    assert run(["exercise", "do", "stable-softmax"]) == 2
    assert path.read_text() == "mine"


def test_export_hides_the_solution_until_asked(home: Path) -> None:
    assert run(["exercise", "export", "stable-softmax", "a.ipynb"]) == 0
    assert "torch.exp" not in (home / "a.ipynb").read_text()
    assert run(["exercise", "export", "stable-softmax", "b.py", "--solution"]) == 0
    assert "torch.exp" in (home / "b.py").read_text()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["do", "stable-softmx"], "did you mean stable-softmax"),
        (["grade", "stable-softmax"], "is not started"),
        (["export", "softmax-shift", "x.py"], "to a .md file"),
        (["check"], "--all"),
        (["new", "--kind", "song"], "cannot be written"),
    ],
)
def test_wrong_use_is_one_line(
    words: list[str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["exercise", *words]) == 2
    said = capsys.readouterr().err.strip()
    assert part in said
    assert "\n" not in said


def test_an_uncertified_exercise_is_not_offered(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = bank.path_of("softmax-shift").read_text(encoding="utf-8")
    (home / "own").mkdir()
    (home / "own" / "my-shift.md").write_text(text.replace("softmax-shift", "my-shift"))
    assert run(["exercise", "do", "my-shift"]) == 2
    assert "no standing certificate" in capsys.readouterr().err
