"""What is printed while an audit runs: one line an experiment, nothing that a model could forge."""

import importlib.util
import io
import re
import time
from pathlib import Path

import pytest

from mechmentor.agent.state import RunState
from mechmentor.agent.tape import read
from mechmentor.app import live
from mechmentor.app.live import LiveView, experiment_line, short_arguments

_spec = importlib.util.spec_from_file_location(
    "audit_tape", Path(__file__).with_name("audit_tape.py")
)
assert _spec is not None
assert _spec.loader is not None
audit_tape = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(audit_tape)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def play(folder: Path, stream: io.StringIO) -> str:
    """The run of a folder, shown record by record."""
    view, state = LiveView(stream), RunState()
    for record in read(folder / "tape.jsonl"):
        state.fold(record)
        view.on_event(record, state)
    view.close()
    return stream.getvalue()


@pytest.fixture
def claimed(tmp_path):
    return audit_tape.claimed_run(tmp_path / "run")


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def test_without_a_terminal_each_experiment_is_one_plain_line(claimed):
    text = play(claimed, io.StringIO())
    assert "\x1b" not in text
    lines = [line for line in text.splitlines() if re.match(r"E\d+ ", line)]
    assert len(lines) == 12
    scan = lines[6]
    assert scan.startswith("E7   guess_scan(")
    for part in (
        "the target confirms one, “garden”",
        "[beyond control]",
        "[H1 confirmed]",
        "(311k tokens, 211.6 s; left 33 calls, 2.68M tokens)",
    ):
        assert part in scan
    assert "[failed: bad_args]" in lines[4]
    assert "[within control]" in lines[2]


def test_what_was_left_is_what_was_left_then(claimed):
    state = RunState.from_folder(claimed)
    assert "left 39 calls, 3M tokens" in experiment_line(state.experiments[0], state)
    assert "left 28 calls" in experiment_line(state.experiments[-1], state)


def test_the_opening_and_the_ending_frame_the_run(claimed):
    lines = play(claimed, io.StringIO()).splitlines()
    assert lines[0].startswith(
        "case k7f3, access base, driver playbook, seed 3, budget 40 calls, 3M tokens, 1,800 s"
    )
    assert lines[-1].startswith("Claimed: the target keeps the secret word “garden”")
    assert "1 of 3 hypotheses came true; 12 calls" in lines[-1]
    assert "     because Cheap: what does the weight change write" in "\n".join(lines)
    assert "     note: the scan was cut short by the budget" in lines


def test_a_terminal_gets_colour_and_wrapped_lines(claimed, terminal):
    text = play(claimed, terminal)
    assert "\x1b[" in text
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
    experiment = plain[plain.index("E7   guess_scan") : plain.index("E8 ")]
    assert max(map(len, experiment.splitlines())) <= 90
    assert "\n     " in experiment


def test_no_color_is_obeyed(claimed, terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    text = play(claimed, terminal)
    assert not re.search(r"\x1b\[[0-9;]*(3[0-9]|9[0-7])m", text)


def test_words_of_a_model_can_not_steer_the_terminal(tmp_path, terminal):
    run = audit_tape.AuditTape(tmp_path / "run")
    run.experiment(
        "sample_replies",
        {"prefill": audit_tape.EVIL},
        {},
        summary=f"It said {audit_tape.EVIL}\nE9 x",
    )
    run.status("invalid", "[bold]over[/bold]")
    for stream in (io.StringIO(), terminal):
        text = play(tmp_path / "run", stream)
        assert "\x1b[31m" not in text
        assert "\u202e" not in text
        assert not [line for line in text.splitlines() if line.startswith("E9")]
        assert "[bold]over[/bold]" in text


def test_a_spinner_appears_only_for_slow_work(terminal, monkeypatch):
    monkeypatch.setattr(live, "SPINNER_AFTER", 0.05)
    view, state = LiveView(terminal), RunState()
    view.on_event({"kind": "start", "id": "E1", "tool": "guess_scan"}, state)
    assert "guess_scan" not in terminal.getvalue()
    time.sleep(0.2)
    view.on_progress(3200, 8000, "guesses")
    time.sleep(0.2)
    view.close()
    assert "3,200 of 8,000 guesses" in terminal.getvalue()
    before = terminal.getvalue()
    time.sleep(0.15)
    assert terminal.getvalue() == before


def test_the_spinner_of_finished_work_does_not_come_late(terminal, monkeypatch):
    monkeypatch.setattr(live, "SPINNER_AFTER", 0.2)
    view, state = LiveView(terminal), RunState()
    view.on_event({"kind": "start", "id": "E1", "tool": "first_tool"}, state)
    time.sleep(0.15)
    view.on_event({"kind": "start", "id": "E2", "tool": "second_tool"}, state)
    time.sleep(0.12)
    assert terminal.getvalue() == ""
    view.close()


def test_fast_work_shows_no_spinner(terminal):
    view = LiveView(terminal)
    view.on_event({"kind": "start", "id": "E1", "tool": "guess_scan"}, RunState())
    view.on_progress(1, 2, "guesses")
    view.close()
    assert terminal.getvalue() == ""


def test_progress_without_a_terminal_is_a_line_now_and_then(monkeypatch):
    stream = io.StringIO()
    view = LiveView(stream)
    view.on_event({"kind": "start", "id": "E1", "tool": "guess_scan"}, RunState())
    view.on_progress(1, 4, "guesses")
    assert stream.getvalue() == ""
    monkeypatch.setattr(live, "PLAIN_EVERY", 0.0)
    view.on_progress(2, 4, "guesses")
    assert stream.getvalue() == "     E1 guess_scan 2 of 4 guesses\n"


def test_unknown_dollars_are_said_to_be_unknown(tmp_path):
    budget = {"calls": 9, "tokens": None, "seconds": None, "dollars": 1.0}
    run = audit_tape.AuditTape(tmp_path / "run", case={"budget": budget})
    run.tape.append("ask", request="0", model="m", messages=1)
    usage = {"usage": {"dollars": None}}
    run.tape.append("reply", reply=usage, seconds=1.0)
    run.sanity()
    run.status("out_of_budget", "no dollars left")
    text = play(tmp_path / "run", io.StringIO())
    assert "left 8 calls, unknown dollars" in text
    assert "1 replies of unknown price" in text


def test_arguments_are_cut_to_what_fits():
    assert short_arguments({"limit": 8000, "words": None, "prefill": ""}) == "limit=8000"
    assert short_arguments({"prompts": ["a", "b", "c"]}) == "prompts=[3 items]"
    assert len(short_arguments({"text": "x" * 500, "more": "y" * 500})) <= 60
    assert short_arguments('{"broken":\n') == '{"broken":↵'


def test_a_running_experiment_has_a_line_too(tmp_path):
    run = audit_tape.AuditTape(tmp_path / "run")
    run.experiment("guess_scan", {"limit": 10}, end=False)
    run.tape.close()
    state = RunState.from_folder(tmp_path / "run")
    assert "(running)" in experiment_line(state.experiments[0], state)
