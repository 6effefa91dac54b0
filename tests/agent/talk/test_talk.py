"""A talk over real HTTP: answers with checked quotations, tools in the middle, kills, contexts."""

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from mechmentor.agent.case import Budget
from mechmentor.agent.chat.openai_chat import OpenAIChat
from mechmentor.agent.chat.settings import Endpoint
from mechmentor.agent.talk.talk import Mode, Talk, TalkConfig, TalkStopped
from mechmentor.agent.tape import TapeError, read, without_times
from mechmentor.agent.verify import verify
from mechmentor.app.fake_api import FakeAPI
from mechmentor.tools.study.contexts.document import Document
from mechmentor.tools.study.contexts.library import Library
from mechmentor.tools.workbench import Workbench

PAPER = ("The probe reads 71.4% of the labels.", "It was never tried on other topics.")
ANSWER = (
    'The rate is "The probe reads 71.4% of the labels" [paper:L1], and "it works on every topic '
    'of the world" is not in it.'
)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    found = Library(tmp_path / "contexts")
    found.add(Document("A paper", "text", PAPER), "paper.txt", "paper")
    return found


def tutor(messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None) -> dict[str, Any]:
    """Shows something on the model where it is asked to, once; answers otherwise."""
    usage = {"prompt_tokens": 40, "completion_tokens": 9, "cost": 0.001}
    asked = max(n for n, m in enumerate(messages) if m["role"] == "user")
    shown = any(m["role"] == "tool" for m in messages[asked:])
    if "show me" in messages[asked]["content"] and not shown:
        call = {"name": "logit_lens", "arguments": {"prompt": "hello there"}}
        return {"text": "Let us look.", "tool_calls": [call], "usage": usage}
    return {"text": ANSWER, "usage": usage}


def open_talk(folder: Path, library: Library, api: FakeAPI, **rest: Any) -> Talk:
    config = TalkConfig(contexts=("paper",), settings=(("base_url", api.url), ("model", "m")))

    def chat(settings: dict[str, str]) -> OpenAIChat:
        where = Endpoint(provider="custom", base_url=settings["base_url"], model="m")
        return OpenAIChat(where, timeout=5, max_retries=0)

    return Talk(folder, rest.pop("config", config), chat, library=library, **rest)


def test_answers_stream_and_inventions_are_struck_out(tmp_path: Path, library: Library) -> None:
    heard: list[str] = []
    with (
        FakeAPI(tutor) as api,
        open_talk(tmp_path / "t", library, api, on_text=heard.append) as talk,
    ):
        answer = talk.say("What is the rate?")
        assert "".join(heard) == ANSWER
        assert len(heard) > 1
        assert [c.status for c in answer.report.checked] == ["verified", "unverified"]
        assert "~~" in answer.report.text
        talk.say("Thanks.")
        first, second = (r.body["messages"] for r in api.requests)
    assert second[: len(first)] == first  # the constant part comes first: providers can cache it
    assert "71.4%" in first[1]["content"]
    assert "71.4%" not in first[0]["content"]  # contexts are never in the system prompt
    assert [m["role"] for m in second] == ["system", "user", "assistant", "user"]


def test_a_tool_in_the_middle_shows_its_control(
    tmp_path: Path, library: Library, tiny_folder: Path
) -> None:
    def models(config: TalkConfig, folder: Path) -> Workbench:
        return Workbench.open(str(tiny_folder), None, access="target", folder=folder)

    with FakeAPI(tutor) as api:
        settings = (("base_url", api.url), ("model", "m"))
        config = TalkConfig(contexts=("paper",), model=str(tiny_folder), settings=settings)
        talk = open_talk(tmp_path / "t", library, api, config=config, open_models=models)
        with talk:
            offered = {t["function"]["name"] for t in _first_tools(talk, api)}
            answer = talk.say("Please show me the lens.")
    assert {"logit_lens", "sample_replies"} <= offered
    assert not offered & {"submit_claims", "register_hypothesis"}
    assert answer.experiments == ("E1",)
    end = next(r for r in read(tmp_path / "t" / "tape.jsonl") if r["kind"] == "end")
    assert end["result"]["control"]
    assert end["result"]["view"]
    verdict = verify(tmp_path / "t")
    assert verdict.integrity
    assert [(c.id, c.differences) for c in verdict.checks] == [("E1", [])]
    told = api.requests[-1].body["messages"][-1]
    assert told["role"] == "tool"
    assert told["content"].startswith('<tool_result id="E1" tool="logit_lens">')


def _first_tools(talk: Talk, api: FakeAPI) -> list[dict[str, Any]]:
    talk.say("Hello.")
    found: list[dict[str, Any]] = api.requests[0].body["tools"]
    return found


def test_a_fault_loses_nothing_and_the_turn_goes_on(tmp_path: Path, library: Library) -> None:
    with FakeAPI(tutor, faults={1: 401}) as api:
        with open_talk(tmp_path / "t", library, api) as talk:
            with pytest.raises(TalkStopped):
                talk.say("What is the rate?")
            assert talk.waiting
        with open_talk(tmp_path / "t", library, api) as talk:
            assert talk.waiting
            assert talk.answer().text == ANSWER
            assert not talk.waiting
            assert [t.text for t in talk.state.turns] == ["What is the rate?"]


def test_a_budget_ends_the_talk_in_a_word(tmp_path: Path, library: Library) -> None:
    with FakeAPI(tutor) as api:
        config = TalkConfig(
            contexts=("paper",),
            budget=Budget(calls=None, tokens=None, seconds=None, dollars=0.0015),
            settings=(("base_url", api.url), ("model", "m")),
        )
        with open_talk(tmp_path / "t", library, api, config=config) as talk:
            talk.say("One.")
            talk.say("Two.")
            with pytest.raises(TalkStopped, match="no dollars left"):
                talk.say("Three.")


def test_a_changed_context_is_named(tmp_path: Path, library: Library) -> None:
    with FakeAPI(tutor) as api:
        with open_talk(tmp_path / "t", library, api) as talk:
            talk.say("One.")
        library.add(Document("A paper", "text", ("Other.",)), "paper.txt", "paper", replace=True)
        with (
            pytest.raises(TapeError, match="'paper' is another text"),
            open_talk(tmp_path / "t", library, api),
        ):
            pass


TURNS = 4


def _talk_in_child(folder: Path, library: Library, api: FakeAPI, mode: Mode) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            with open_talk(folder, library, api) as talk:
                if talk.waiting:
                    talk.answer()
                while len(talk.state.turns) < TURNS:
                    talk.say(f"Question {len(talk.state.turns)}?", mode)
        finally:
            os._exit(0)
    return pid


@pytest.mark.parametrize("mode", ["ask", "skim"])
def test_ten_kills_lose_no_finished_turn(tmp_path: Path, library: Library, mode: Mode) -> None:
    draw = random.Random(5)
    with FakeAPI(tutor) as api:
        began = time.monotonic()
        os.waitpid(_talk_in_child(tmp_path / "whole", library, api, mode), 0)
        lasted = time.monotonic() - began
        whole = without_times(read(tmp_path / "whole" / "tape.jsonl"))
        for kill in range(10):
            folder = tmp_path / f"kill-{kill}"
            pid = _talk_in_child(folder, library, api, mode)
            time.sleep(draw.uniform(0.1, 0.9) * lasted)
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            tape = folder / "tape.jsonl"
            before = [r for r in read(tape) if r["kind"] == "reply"] if tape.exists() else []
            os.waitpid(_talk_in_child(folder, library, api, mode), 0)
            after = read(tape)
            replies = [r for r in after if r["kind"] == "reply"]
            assert replies[: len(before)] == before
            assert len(replies) == TURNS
            kinds = [r["kind"] for r in after if r["kind"] != "ask"]
            assert kinds == [r["kind"] for r in whole if r["kind"] != "ask"]
