"""What `doctor` says about the language model."""

import pytest

from mechmentor.agent.chat.check import check_chat
from mechmentor.app.fake_api import FakeAPI

KEY = "sk-check-12345678"
CALL = {"tool_calls": [{"name": "add", "arguments": {"a": 2, "b": 3}}]}


def test_without_a_key_the_playbook_still_works() -> None:
    ((ok, text),) = check_chat(None, None)
    assert ok
    assert text.startswith("no key: playbook works without; set OPENROUTER_API_KEY")


def test_a_named_provider_without_its_key_fails() -> None:
    ((ok, text),) = check_chat("groq", None)
    assert not ok
    assert "GROQ_API_KEY" in text


def test_an_address_without_its_key_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://my.host/v1")
    ((ok, text),) = check_chat(None, None)
    assert not ok
    assert "set OPENAI_API_KEY" in text


def test_offline_nothing_is_contacted(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeAPI([CALL]) as api:
        monkeypatch.setenv("OPENAI_BASE_URL", api.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        rows = check_chat(None, "m")
        assert api.requests == []
    assert all(ok for ok, _ in rows)
    assert "--online" in rows[-1][1]


def test_online_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeAPI([CALL], key=KEY, models=["m"], prices=("0.000001", "0.000004")) as api:
        monkeypatch.setenv("OPENAI_BASE_URL", api.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        rows = check_chat(None, "m", online=True)
    texts = [text for _, text in rows]
    assert all(ok for ok, _ in rows)
    assert {"model known", "tool calling works"} <= set(texts)
    assert "price $1.00 in, $4.00 out per million tokens" in texts


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"key": "another"}, "check OPENAI_API_KEY"),
        ({"models": ["other"]}, "is not among its 1 models"),
        ({"faults": {1: "empty"}}, "without calling the tool"),
    ],
)
def test_online_what_is_wrong_is_said(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, object], words: str
) -> None:
    with FakeAPI([CALL], **options) as api:  # type: ignore[arg-type]
        monkeypatch.setenv("OPENAI_BASE_URL", api.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        rows = check_chat(None, "m", online=True)
    assert any(not ok and words in text for ok, text in rows)
