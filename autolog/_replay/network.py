"""The network refused, whatever the client: Python's sockets, and the look-up of names."""

from __future__ import annotations

import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from autolog._replay.hosts import Hosts
from autolog._replay.normalise import is_loopback

__all__ = ["refused"]


@contextmanager
def refused(hosts: Hosts, miss: Callable[[str, str], BaseException]) -> Generator[None]:
    """Refuse connections, datagrams and look-ups of names; ``miss`` makes the error of a refusal's text and place.

    This machine stays reachable (databases, debuggers, event loops), as do the allowed hosts.
    """
    allowed: set[str] = set()

    def check(host: Any, port: Any, what: str) -> None:
        name = host.decode("idna") if isinstance(host, bytes) else host
        if not isinstance(name, str) or name in ("", "0.0.0.0", "::") or is_loopback(name):  # noqa: S104
            return
        number = port if isinstance(port, int) else None
        if name in allowed or hosts.allows(name, number):
            return
        if hosts.is_telemetry(name):
            raise socket.gaierror(socket.EAI_NONAME, f"{name} is telemetry, which a replay does not send")
        raise miss(
            f"a call went past the cassette: {what} {name}{f':{port}' if port is not None else ''} was refused\n"
            "its client is none that a cassette can stand in for; use its base_url with the replay proxy,\n"
            f"or let it through:  allow_hosts=[{name!r}]",
            f"//{name}{f':{port}' if port is not None else ''}",
        )

    def check_address(sock: socket.socket, address: Any, what: str) -> None:
        if sock.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
            check(address[0], address[1] if len(address) > 1 else None, what)  # pyright: ignore[reportUnknownMemberType,reportUnknownArgumentType]

    real = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex", "sendto")}
    resolve = socket.getaddrinfo

    def connect(self: socket.socket, address: Any) -> None:
        check_address(self, address, "a connection to")
        real["connect"](self, address)

    def connect_ex(self: socket.socket, address: Any) -> Any:
        check_address(self, address, "a connection to")
        return real["connect_ex"](self, address)

    def sendto(self: socket.socket, *args: Any) -> Any:
        check_address(self, args[-1] if args else None, "a datagram to")
        return real["sendto"](self, *args)

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        check(host, port, "the look-up of")
        found = resolve(host, port, *args, **kwargs)
        if isinstance(host, str) and hosts.allows(host, port if isinstance(port, int) else None):
            allowed.update(str(entry[4][0]) for entry in found)
        return found

    with (
        mock.patch.object(socket.socket, "connect", connect),
        mock.patch.object(socket.socket, "connect_ex", connect_ex),
        mock.patch.object(socket.socket, "sendto", sendto),
        mock.patch.object(socket, "getaddrinfo", getaddrinfo),
    ):
        yield
