"""Which endpoint and key are taken."""

from pathlib import Path

import pytest

from mechmentor.agent.chat.errors import ChatError, MissingKey
from mechmentor.agent.chat.settings import PRESETS, Endpoint, recommended, resolve

ROUTER, OPENAI = "sk-router-12345", "sk-openai-12345"


def _key(endpoint: Endpoint) -> str | None:
    return endpoint.key.get_secret_value() if endpoint.key else None


def test_openrouter_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", OPENAI)
    found = resolve()
    assert (found.base_url, _key(found)) == ("https://api.openai.com/v1", OPENAI)
    monkeypatch.setenv("OPENROUTER_API_KEY", ROUTER)
    found = resolve()
    assert (found.base_url, _key(found)) == ("https://openrouter.ai/api/v1", ROUTER)
    assert found.model == recommended("openrouter")


def test_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://me:pass-word-1@my.host/v1/?token=tok-123456")
    monkeypatch.setenv("OPENAI_API_KEY", OPENAI)
    found = resolve(model="m")
    assert (found.provider, found.base_url, found.model) == ("custom", "https://my.host/v1", "m")
    assert {OPENAI, "me:pass-word-1", "pass-word-1", "tok-123456"} <= set(found.secrets())
    # What stands on a tape (provider and clean address) finds the same secrets again.
    assert resolve(found.provider, found.base_url, found.model) == found


def test_environment_wins_over_the_file_above(monkeypatch: pytest.MonkeyPatch, bare: Path) -> None:
    (bare / ".env").write_text(f"OPENROUTER_API_KEY={ROUTER}\n")
    (bare / "below").mkdir()
    monkeypatch.chdir(bare / "below")
    assert _key(resolve()) == ROUTER
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-from-environment")
    assert _key(resolve()) == "sk-from-environment"


def test_presets_take_their_own_key_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", ROUTER)
    with pytest.raises(MissingKey, match="GROQ_API_KEY"):
        resolve("groq")
    monkeypatch.setenv("GROQ_API_KEY", "gsk-12345678")
    assert _key(resolve("groq")) == "gsk-12345678"


@pytest.mark.parametrize("provider", ["ollama", "vllm"])
def test_local_ones_need_no_key(provider: str) -> None:
    found = resolve(provider)
    assert found.key is None
    assert found.local


def test_a_key_is_never_sent_to_an_address_of_another_preset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", OPENAI)
    with pytest.raises(MissingKey, match="OPENROUTER_API_KEY"):
        resolve(base_url=PRESETS["openrouter"].base_url)


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [({}, "OPENROUTER_API_KEY"), ({"provider": "x"}, "known: "), ({"provider": "custom"}, "_URL")],
)
def test_what_is_missing_is_named(arguments: dict[str, str], fix: str) -> None:
    with pytest.raises(MissingKey, match=fix) as caught:
        resolve(**arguments)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_keys_that_cannot_be_sent_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-“smart-quotes”")
    with pytest.raises(MissingKey, match="copy the key again") as caught:
        resolve()
    assert "smart" not in str(caught.value)


@pytest.mark.parametrize("url", ["my.host/v1", "ftp://x/v1", "http://", "http://u:pw123456@h:x/v1"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ChatError) as caught:
        resolve("custom", url, "m")
    assert caught.value.kind == "wrong_url"
    assert "pw123456" not in str(caught.value)


def test_every_preset_has_a_model_for_every_role() -> None:
    for provider in PRESETS:
        for role in ("tutor", "judge", "critic", "driver"):
            for tier in ("cheap", "good"):
                assert recommended(provider, role, tier)  # type: ignore[arg-type]
    with pytest.raises(MissingKey, match="--model"):
        recommended("custom")
