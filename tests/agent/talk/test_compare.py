"""Two voices over real HTTP: at the same time, each with its own history, killed and resumed."""

import os
import random
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from mechmentor.agent.chat.openai_chat import OpenAIChat
from mechmentor.agent.chat.settings import Endpoint
from mechmentor.agent.talk.compare import Compare, agreed
from mechmentor.agent.talk.talk import Answer, Talk, TalkConfig, TalkStopped
from mechmentor.agent.tape import read
from mechmentor.app.fake_api import FakeAPI
from mechmentor.tools.study.contexts.document import Document
from mechmentor.tools.study.contexts.library import Library

QUOTE = '"The probe reads 71.4% of the labels" [p:L1]'
USAGE = {"prompt_tokens": 40, "completion_tokens": 9, "cost": 0.001}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    found = Library(tmp_path / "contexts")
    found.add(Document("P", "text", ("The probe reads 71.4% of the labels.",)), "p.txt", "p")
    return found


def open_talk(folder: Path, library: Library, url: str) -> Talk:
    def chat(settings: dict[str, str]) -> OpenAIChat:
        where = Endpoint(provider="custom", base_url=url, model=settings["model"])
        return OpenAIChat(where, timeout=10, max_retries=0)

    config = TalkConfig(contexts=("p",), model=None, settings=(("base_url", url), ("model", "one")))
    return Talk(folder, config, chat, library=library)


def echo(messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None) -> dict[str, Any]:
    turns = len([m for m in messages if m["role"] == "user"])
    return {"text": f"Answer {turns}: {QUOTE}", "usage": USAGE}


def test_both_are_asked_at_the_same_time(tmp_path: Path, library: Library) -> None:
    meeting = threading.Barrier(2, timeout=10)

    def brain(messages: list[dict[str, Any]], tools: Any) -> dict[str, Any]:
        meeting.wait()  # passes only if the other request is under way as well
        return echo(messages, tools)

    heard: list[str] = []
    with FakeAPI(brain) as api, open_talk(tmp_path / "t", library, api.url) as talk:
        first, second = Compare(talk, "two", on_text=heard.append).say("What is the rate?")
        assert sorted(r.body["model"] for r in api.requests) == ["one", "two"]
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert len(heard) > 1
    assert "".join(heard) == second.text
    assert agreed(first, second) == ["p:L1"]


def test_each_voice_keeps_its_history_and_missed_turns_are_copied(
    tmp_path: Path, library: Library
) -> None:
    with FakeAPI(echo) as api, open_talk(tmp_path / "t", library, api.url) as talk:
        compare = Compare(talk)
        talk.say("One?")
        compare.say("Two?")
        compare.say("Three?")
        assert not compare.waiting
        talk.say("Four?")
        compare.say("Five?")
        sent = [r.body["messages"] for r in api.requests]
    assert [len([m for m in s if m["role"] == "user"]) for s in sent] == [1, 2, 2, 3, 3, 4, 5, 5]
    assert sorted(p.name for p in (tmp_path / "t").glob("second-*")) == ["second-1", "second-2"]
    assert compare.dollars() == pytest.approx(0.003)  # three second answers, copies not counted


def test_a_voice_that_fails_does_not_take_the_other_with_it(
    tmp_path: Path, library: Library
) -> None:
    with (
        FakeAPI(echo, models=["one"]) as api,
        open_talk(tmp_path / "t", library, api.url) as talk,
    ):
        first, second = Compare(talk, "none").say("What is the rate?")
    assert isinstance(first, Answer)
    assert isinstance(second, TalkStopped)


TURNS = 3


def _child(folder: Path, library: Library, url: str) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            with open_talk(folder, library, url) as talk:
                compare = Compare(talk, "two")
                if compare.waiting:
                    compare.answer()
                while len(talk.state.turns) < TURNS:
                    compare.say(f"Question {len(talk.state.turns)}?")
        finally:
            os._exit(0)
    return pid


def _replies(folder: Path) -> list[Any]:
    tape = folder / "tape.jsonl"
    return [r for r in read(tape) if r["kind"] == "reply"] if tape.exists() else []


def test_ten_kills_lose_no_finished_answer_of_either_voice(
    tmp_path: Path, library: Library
) -> None:
    draw = random.Random(7)
    with FakeAPI(echo) as api:
        began = time.monotonic()
        os.waitpid(_child(tmp_path / "whole", library, api.url), 0)
        lasted = time.monotonic() - began
        for kill in range(10):
            folder = tmp_path / f"kill-{kill}"
            pid = _child(folder, library, api.url)
            time.sleep(draw.uniform(0.1, 0.9) * lasted)
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            before = {v: _replies(folder / v) for v in (".", "second-1")}
            os.waitpid(_child(folder, library, api.url), 0)
            for voice, seen in before.items():
                after = _replies(folder / voice)
                assert after[: len(seen)] == seen
                assert len(after) == TURNS
            assert not (folder / "second-2").exists()
