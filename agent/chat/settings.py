"""Where the language model is and which key opens it: from the environment or a `.env` file."""

import ipaddress
import os
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

import yaml
from dotenv import dotenv_values, find_dotenv
from pydantic import ConfigDict, SecretStr, model_validator

from ...tools.spec import Frozen
from .errors import ChatError, MissingKey

Role = Literal["tutor", "judge", "critic", "driver"]
Tier = Literal["cheap", "good", "free"]


@dataclass(frozen=True)
class Preset:
    """A provider: its address and the variable that holds its key (None: no key needed)."""

    base_url: str
    key_name: str | None


PRESETS: dict[str, Preset] = {
    "openrouter": Preset("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "openai": Preset("https://api.openai.com/v1", "OPENAI_API_KEY"),
    "gemini": Preset("https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
    "groq": Preset("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "cerebras": Preset("https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
    "ollama": Preset("http://127.0.0.1:11434/v1", None),
    "vllm": Preset("http://127.0.0.1:8000/v1", None),
}
LITELLM = "litellm"
# Never contacted: litellm knows the addresses of its providers itself.
LITELLM_URL = "https://litellm.invalid"
NO_KEY = (
    "no key for a language model; set OPENROUTER_API_KEY (in the environment or in .env), or "
    "OPENAI_API_KEY with OPENAI_BASE_URL, or take a local one: --provider ollama"
)


class Endpoint(Frozen):
    """An address, a model and the secrets that go with them.

    Attributes:
        provider: A preset's name, or `custom`.
        base_url: Without user, password and query: these are secrets.
        model: The model's name there.
        key: Sent as Bearer token; None for local endpoints.
        userinfo: `user:password` of the address, still URL-encoded; sent as Basic authorization.
        query: Query string of the address; sent with every request.
        key_name: The variable to set where the key is wrong.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    provider: str
    base_url: str
    model: str
    key: SecretStr | None = None
    userinfo: SecretStr | None = None
    query: SecretStr | None = None
    key_name: str = "OPENAI_API_KEY"

    @model_validator(mode="before")
    @classmethod
    def _split(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("base_url"), str):
            return data
        clean, userinfo, query = split_url(data["base_url"])
        data = {**data, "base_url": clean}
        if userinfo:
            data["userinfo"] = SecretStr(userinfo)
        if query:
            data["query"] = SecretStr(query)
        return data

    @property
    def host(self) -> str:
        """Host and port, for messages."""
        if self.provider == LITELLM:
            return f"{self.model.partition('/')[0]}, through litellm"
        return urlsplit(self.base_url).netloc

    @property
    def local(self) -> bool:
        """Whether the endpoint is on this machine."""
        return is_loopback(urlsplit(self.base_url).hostname)

    def secrets(self) -> list[str]:
        """Everything that must never be shown."""
        found = [s.get_secret_value() for s in (self.key, self.userinfo, self.query) if s]
        if self.userinfo:
            plain = unquote(self.userinfo.get_secret_value())
            found += [plain, plain.partition(":")[2]]
        return found + list(self.params().values())

    def params(self) -> dict[str, str]:
        """The query of the address as parameters."""
        text = self.query.get_secret_value() if self.query else ""
        return dict(parse_qsl(text, keep_blank_values=True))


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address is this machine."""
    if host in (None, "localhost"):
        return host is not None
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def split_url(url: str) -> tuple[str, str, str]:
    """An address without its secrets, its userinfo, its query.

    Raises:
        ChatError: If it is no http address; the text does not repeat it.
    """
    parts = None
    try:
        parts = urlsplit(url.strip())
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if parts is None or not good:
        raise ChatError(
            "the base URL is no http(s) address; it looks like https://host/v1", "wrong_url"
        )
    userinfo, _, host = parts.netloc.rpartition("@")
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", "")), userinfo, parts.query


def environment() -> dict[str, str]:
    """The environment over the nearest `.env`, searched from the working folder upward."""
    path = find_dotenv(usecwd=True)
    found = dotenv_values(path, interpolate=False) if path else {}
    return {**{k: v for k, v in found.items() if v}, **os.environ}


def resolve(
    provider: str | None = None,
    base_url: str | None = None,
    model: str | None = None,
    role: Role = "driver",
    tier: Tier = "cheap",
) -> Endpoint:
    """The endpoint that flags, environment and `.env` together name.

    Args:
        provider: A preset; None takes the one whose key is there.
        base_url: Another address.
        model: None takes the recommended model.
        role: What the model is for; decides the recommendation.
        tier: Price class of the recommendation.

    Returns:
        A complete endpoint.

    Raises:
        MissingKey: If key, address or model is missing.
        ChatError: If the address is no http address.
    """
    env = environment()
    own_url = env.get("OPENAI_BASE_URL", "").strip()
    if provider not in (None, "custom", LITELLM, *PRESETS):
        known = ", ".join((*PRESETS, LITELLM, "custom"))
        raise MissingKey(f"unknown provider {provider!r}; known: {known}")
    if provider == LITELLM:
        return _litellm(model)
    url = _address(provider, base_url, own_url, env)
    clean = split_url(url)[0]
    if own_url and clean == split_url(own_url)[0]:
        url = own_url  # a cleaned address finds its userinfo again
    name = provider if provider in PRESETS else _preset_of(clean)
    names = [PRESETS[name].key_name] if name else ["OPENAI_API_KEY"]
    if own_url and clean == split_url(own_url)[0]:
        names.append("OPENAI_API_KEY")
    key_name = next((n for n in names if n and env.get(n, "").strip()), names[0])
    key = env.get(key_name or "", "").strip()
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise MissingKey(f"{key_name} holds characters that no key has; copy the key again")
    needs = key_name is not None and not is_loopback(urlsplit(clean).hostname)
    if needs and not key and not split_url(url)[1]:
        raise MissingKey(f"no key for {urlsplit(clean).netloc}; set {key_name}")
    return Endpoint(
        provider=name or "custom",
        base_url=url,
        model=model or recommended(name or "custom", role, tier),
        key=SecretStr(key) if key else None,
        key_name=key_name or "OPENAI_API_KEY",
    )


def _litellm(model: str | None) -> Endpoint:
    if not model or "/" not in model:
        raise MissingKey("litellm needs a model by its name there: --model anthropic/claude-…")
    key_name = "the key that litellm reads for this provider"
    return Endpoint(provider=LITELLM, base_url=LITELLM_URL, model=model, key_name=key_name)


def recommended(provider: str, role: Role = "driver", tier: Tier = "cheap") -> str:
    """The recommended model of a provider.

    Raises:
        MissingKey: If there is none.
    """
    tiers = _models().get(provider, {}).get(role, {})
    if tier not in tiers:
        raise MissingKey(f"no recommended {tier} model for {provider!r}; name one with --model")
    return str(tiers[tier])


@cache
def _models() -> dict[str, Any]:
    text = files(__package__).joinpath("models.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def _address(provider: str | None, base_url: str | None, own: str, env: dict[str, str]) -> str:
    if base_url:
        return base_url
    if provider == "custom" or (provider == "openai" and own):
        if not own:
            raise MissingKey("the provider `custom` needs an address; set OPENAI_BASE_URL")
        return own
    if provider:
        return PRESETS[provider].base_url
    if env.get("OPENROUTER_API_KEY", "").strip():
        return PRESETS["openrouter"].base_url
    if own:
        return own
    if env.get("OPENAI_API_KEY", "").strip():
        return PRESETS["openai"].base_url
    raise MissingKey(NO_KEY)


def _preset_of(clean: str) -> str | None:
    return next((n for n, p in PRESETS.items() if p.base_url == clean), None)
