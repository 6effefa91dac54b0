"""Under `--no-remote` nothing leaves this machine, in this process or below it."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from mechmentor.agent.chat.errors import ChatError
from mechmentor.agent.chat.no_remote import SWITCH, NetworkForbidden, forbid_network
from mechmentor.agent.chat.openai_chat import OpenAIChat
from mechmentor.app.fake_api import FakeAPI
from mechmentor.tools.spec import Message

# Reserved for documentation: no machine has it.
ELSEWHERE = ("192.0.2.1", 443)
ASK = [Message(role="user", content="Hello?")]


@pytest.fixture
def guarded() -> Iterator[None]:
    undo = forbid_network()
    yield
    undo()


def _attempts() -> dict[str, Callable[[], object]]:
    def udp() -> object:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            return s.sendto(b"x", ELSEWHERE)

    def quiet() -> object:
        with socket.socket() as s:
            return s.connect_ex(ELSEWHERE)

    return {
        "connect": lambda: socket.create_connection(ELSEWHERE, timeout=0.1),
        "connect_ex": quiet,
        "udp": udp,
        "lookup": lambda: socket.getaddrinfo("example.org", 443),
        "name": lambda: socket.gethostbyname("example.org"),
    }


@pytest.mark.parametrize("way", _attempts())
def test_every_way_out_is_closed(guarded: None, way: str) -> None:
    with pytest.raises(NetworkForbidden, match="--no-remote forbids") as caught:
        _attempts()[way]()
    assert "\n" not in str(caught.value)


def test_this_machine_is_open(guarded: None, chat_at: Callable[..., OpenAIChat]) -> None:
    with FakeAPI([{"text": "Hi."}]) as api:
        assert chat_at(api.url).complete(ASK).text == "Hi."


def test_a_chat_elsewhere_ends_at_once(
    guarded: None, chat_at: Callable[..., OpenAIChat], waits: list[float]
) -> None:
    for host in ("192.0.2.1", "example.org"):
        with pytest.raises(ChatError, match="--no-remote forbids") as caught:
            chat_at(f"http://{host}/v1").complete(ASK)
        assert caught.value.kind == "unreachable"
    assert waits == []


def test_proxies_are_dropped_and_everything_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    before = (socket.socket.connect, socket.getaddrinfo)
    undo = forbid_network()
    assert "HTTPS_PROXY" not in os.environ
    assert os.environ[SWITCH] == "1"
    undo()
    assert os.environ["HTTPS_PROXY"] == "http://127.0.0.1:3128"
    assert SWITCH not in os.environ
    assert (socket.socket.connect, socket.getaddrinfo) == before


def test_subprocesses_are_guarded_too(guarded: None) -> None:
    code = (
        "from mechmentor.agent.chat.no_remote import apply_if_set\n"
        "apply_if_set()\n"
        "import socket\n"
        f"socket.create_connection({ELSEWHERE!r}, timeout=0.1)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "NetworkForbidden: --no-remote forbids" in done.stderr
