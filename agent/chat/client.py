"""One place that builds the HTTP client."""

import base64
import ssl
from functools import cache
from urllib.parse import unquote

import openai

from .settings import Endpoint

# OpenRouter shows this name beside a request; other hosts never see it.
APP_HEADERS = {"X-Title": "mechmentor"}


def make_client(endpoint: Endpoint, timeout: float) -> openai.OpenAI:
    """A client without retries of its own.

    Args:
        endpoint: Where to, with which secrets.
        timeout: Seconds to wait for each piece of an answer.
    """
    headers: dict[str, str] = {}
    if endpoint.provider == "openrouter":
        headers |= APP_HEADERS
    if endpoint.userinfo:
        pair = unquote(endpoint.userinfo.get_secret_value())
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    # Proxy and netrc settings of the environment are for other hosts than this machine.
    http = (
        openai.DefaultHttpxClient(trust_env=False, verify=_certificates())
        if endpoint.local
        else None
    )
    return openai.OpenAI(
        api_key=endpoint.key.get_secret_value() if endpoint.key else "none",
        base_url=endpoint.base_url,
        max_retries=0,
        timeout=timeout,
        default_headers=headers,
        default_query=endpoint.params(),
        http_client=http,
    )


@cache
def _certificates() -> ssl.SSLContext:
    # Reading the certificates takes 0.1 s: once is enough.
    return ssl.create_default_context()
