"""The same protocol over litellm."""

import json
import sys

import pytest

from mechmentor.agent.chat.errors import ChatError, MissingKey
from mechmentor.agent.chat.litellm_chat import LiteLLMChat
from mechmentor.agent.chat.prices import price_of
from mechmentor.agent.chat.settings import resolve
from mechmentor.app.fake_api import FakeAPI, Fault
from mechmentor.tests.agent.chat.conftest import ADD, KEY
from mechmentor.tests.agent.chat.test_secrets import assert_clean
from mechmentor.tools.spec import Message

ASK = [Message(role="user", content="Hello?")]


def test_without_the_extra_the_module_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "litellm", None)
    with pytest.raises(ModuleNotFoundError) as caught:
        LiteLLMChat("anthropic/some-model")
    assert caught.value.name == "litellm"


@pytest.mark.slow
def test_replies_and_faults_are_those_of_the_other_client() -> None:
    pytest.importorskip("litellm")
    waits: list[float] = []
    answer = {"text": "Adding.", "tool_calls": [{"name": "add", "arguments": {"a": 1}}]}
    faults = {1: 500, 3: Fault("echo_authorization", status=401)}
    with FakeAPI([answer], faults=faults, key=KEY) as api:
        chat = LiteLLMChat("openai/m", base_url=api.url, key=KEY, timeout=5, sleep=waits.append)
        reply = chat.complete(ASK, [ADD])
        with pytest.raises(ChatError) as caught:
            chat.complete(ASK, [ADD])
    assert reply.text == "Adding."
    assert json.loads(reply.tool_calls[0].arguments) == {"a": 1}
    assert len(waits) == 1
    assert caught.value.kind == "auth"
    assert_clean(caught.value, chat)


@pytest.mark.slow
def test_its_price_list_fills_unknown_costs() -> None:
    pytest.importorskip("litellm")
    usage = {"prompt_tokens": 1000, "completion_tokens": 100}
    with FakeAPI([{"text": "Hi.", "usage": usage}], key=KEY) as api:
        chat = LiteLLMChat("openai/gpt-4o-mini", base_url=api.url, key=KEY, timeout=5)
        reply = chat.complete(ASK)
    price = price_of(resolve("litellm", model="openai/gpt-4o-mini"))
    assert price is not None
    assert reply.usage.dollars == pytest.approx(1000 * price.input + 100 * price.output)


def test_the_provider_litellm_needs_a_model_of_its_own() -> None:
    with pytest.raises(MissingKey, match="--model"):
        resolve("litellm")
    endpoint = resolve("litellm", model="anthropic/some-model")
    assert (endpoint.host, endpoint.key) == ("anthropic, through litellm", None)
