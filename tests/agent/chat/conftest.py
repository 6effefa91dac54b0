"""An environment without keys, an endpoint on loopback, a clock that does not wait."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from mechmentor.agent.chat.openai_chat import OpenAIChat
from mechmentor.agent.chat.settings import PRESETS, Endpoint

KEY = "sk-or-v1-0aB+c/dE~9f8e7d6c5b4a?x=1"
ADD = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Add.",
        "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}},
    },
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No key, no `.env`, data in a folder of the test's own."""
    for name in [*os.environ]:
        if name.endswith("_API_KEY") or name in ("OPENAI_BASE_URL", *(PRESETS)):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MECHMENTOR_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def notices() -> list[str]:
    return []


@pytest.fixture
def chat_at(waits: list[float], notices: list[str]) -> Callable[..., OpenAIChat]:
    def make(url: str, key: str | None = KEY, model: str = "scripted", **more: Any) -> OpenAIChat:
        endpoint = Endpoint(
            provider="custom", base_url=url, model=model, key=SecretStr(key) if key else None
        )
        options = {"timeout": 0.4, "max_retries": 2, "sleep": waits.append, **more}
        return OpenAIChat(endpoint, on_notice=notices.append, **options)

    return make
