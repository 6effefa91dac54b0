"""What is said before a paid run, and when it may start."""

import io
import sys

import pytest

from mechmentor.agent.case import Budget, Case
from mechmentor.agent.chat.errors import MissingKey
from mechmentor.agent.chat.prices import Price
from mechmentor.agent.chat.spending import totals
from mechmentor.app.cli import audit_llm
from mechmentor.app.cli.exits import Stop
from mechmentor.app.fake_api import FakeAPI
from mechmentor.tools.spec import Message

KEY = "sk-paid-12345678"
CASE = Case(id="c", target="bundled", access="chat", budget=Budget(calls=5))
CAPPED = CASE.model_copy(update={"budget": Budget(calls=5, dollars=0.5)})


@pytest.fixture(autouse=True)
def keyed(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    for name in ("OPENROUTER_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("MECHMENTOR_DATA", str(tmp_path))
    monkeypatch.setattr(audit_llm, "price_of", lambda endpoint: None)


def test_a_local_endpoint_starts_and_its_settings_hold_no_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://me:secret-pw@127.0.0.1:9/v1")
    settings = dict(audit_llm.announce(None, "m", CASE, yes=False))
    said = capsys.readouterr()
    assert settings == {"base_url": "http://127.0.0.1:9/v1", "model": "m", "provider": "custom"}
    assert said.out == ""
    assert "never weights" in said.err
    assert "at most  unknown" in said.err
    assert KEY not in said.err
    assert "secret-pw" not in said.err


def test_nobody_to_ask_needs_yes_or_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(Stop, match="--yes or --max-usd"):
        audit_llm.announce("openai", "m", CASE, yes=False)
    assert audit_llm.announce("openai", "m", CASE, yes=True)
    assert audit_llm.announce("openai", "m", CAPPED, yes=False)


def test_a_free_model_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    monkeypatch.setattr(audit_llm, "price_of", lambda endpoint: Price(0.0, 0.0))
    assert audit_llm.announce("openai", "m", CASE, yes=False)


@pytest.mark.parametrize(("answer", "starts"), [("y\n", True), ("\n", False), ("", False)])
def test_a_person_is_asked(monkeypatch: pytest.MonkeyPatch, answer: str, starts: bool) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "stderr", Terminal())
    if starts:
        assert audit_llm.announce("openai", "m", CASE, yes=False)
    else:
        with pytest.raises(Stop, match="nothing was sent"):
            audit_llm.announce("openai", "m", CASE, yes=False)


def test_a_run_folder_does_not_decide_where_the_key_goes() -> None:
    settings = {"provider": "openai", "model": "m", "base_url": "https://elsewhere.example/v1"}
    with pytest.raises(MissingKey, match="set OPENAI_BASE_URL="):
        audit_llm.chat_driver(settings, print)


def test_replies_are_booked(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "cost": 0.125}
    with FakeAPI([{"text": "Hi.", "usage": usage}], key=KEY) as api:
        monkeypatch.setenv("OPENAI_BASE_URL", api.url)
        settings = {"provider": "custom", "model": "m", "base_url": api.url}
        driver = audit_llm.chat_driver(settings, print)
        assert driver.name == "llm:m"
        driver.chat.complete([Message(role="user", content="Hello?")])  # type: ignore[attr-defined]
    assert totals()["models"]["m"]["dollars"] == 0.125
