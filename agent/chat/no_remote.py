"""`--no-remote`: every connection that leaves this machine fails, in this process and below it."""

import ipaddress
import os
import socket
from collections.abc import Callable
from typing import Any

SWITCH = "MECHMENTOR_NO_REMOTE"
# A proxy on this machine would carry a connection out under the guard.
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


class NetworkForbidden(OSError):
    """A connection was tried although the network is forbidden."""


def forbid_network() -> Callable[[], None]:
    """Guard every socket of this process, and of subprocesses that call `apply_if_set`.

    Code that opens sockets without Python's `socket` module is not guarded.

    Returns:
        A function that takes the guard away again.
    """
    kept = {name: getattr(socket.socket, name) for name in _BY_SOCKET}
    lookups = {name: getattr(socket, name) for name in _BY_NAME}
    names = [SWITCH, *_OFFLINE, *_PROXIES, *(p.lower() for p in _PROXIES)]
    environment = {name: os.environ.pop(name, None) for name in names}
    os.environ.update({SWITCH: "1", **dict.fromkeys(_OFFLINE, "1")})
    for name, original in kept.items():
        setattr(socket.socket, name, _guarded(original, _BY_SOCKET[name]))
    for name, original in lookups.items():
        setattr(socket, name, _guarded_lookup(original))

    def undo() -> None:
        for name, original in kept.items():
            setattr(socket.socket, name, original)
        for name, original in lookups.items():
            setattr(socket, name, original)
        for name, value in environment.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value

    return undo


def apply_if_set() -> None:
    """Guard this process if its parent was guarded."""
    if os.environ.get(SWITCH) == "1" and not getattr(socket.socket.connect, "forbids", False):
        forbid_network()


# Where the address stands among the positional arguments.
_BY_SOCKET: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "connect": lambda args: args[0],
    "connect_ex": lambda args: args[0],
    "sendto": lambda args: args[-1],
    "sendmsg": lambda args: args[3] if len(args) > 3 else None,
}
_BY_NAME = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")


def _guarded(original: Any, address_of: Callable[[tuple[Any, ...]], Any]) -> Any:
    def call(self: socket.socket, *args: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            address = address_of(args)
            if isinstance(address, tuple):
                _check(address[0], f"{address[0]}:{address[1]}")
        return original(self, *args)

    call.forbids = True  # type: ignore[attr-defined]
    return call


def _guarded_lookup(original: Any) -> Any:
    def call(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        # The wildcard address is for listening.
        if name and not (_numeric(name) and _address(name).is_unspecified):
            _check(name, name)
        return original(host, *args, **kwargs)

    return call


def _check(host: Any, shown: str) -> None:
    if host in ("", "localhost") or (_numeric(host) and _address(host).is_loopback):
        return
    raise NetworkForbidden(
        f"--no-remote forbids the connection to {shown}; leave it out, or use a model on this "
        "machine"
    )


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(host.partition("%")[0])


def _numeric(host: Any) -> bool:
    try:
        _address(str(host))
    except ValueError:
        return False
    return True
