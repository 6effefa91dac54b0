"""Download one thing, with limits; every failure is one line that names a way on."""

import httpx

from .document import Unreadable

MAX_BYTES = 100 * 2**20
_AGENT = "mechmentor/0.1 (a reader's tool; one request at a time)"


class Unreachable(Unreadable):
    """A source that could not be fetched."""


def fetch(url: str, *, timeout: float = 30.0, max_bytes: int = MAX_BYTES) -> httpx.Response:
    """GET a page or file; the body is read whole.

    Raises:
        Unreachable: Offline, refused, not found, too large; with what to do instead.
    """
    local = "save it by hand and add the local file"
    if not url.startswith(("http://", "https://")):
        raise Unreachable(f"{url} is no http(s) address")
    try:
        with (
            httpx.Client(
                follow_redirects=True, timeout=timeout, headers={"User-Agent": _AGENT}
            ) as client,
            client.stream("GET", url) as response,
        ):
            if response.status_code == 429:
                raise Unreachable(f"{url} asks for fewer requests (429); wait a minute, or {local}")
            if response.status_code >= 400:
                raise Unreachable(f"{url} answered {response.status_code}; {local}")
            body, size = [], 0
            for piece in response.iter_bytes():
                size += len(piece)
                if size > max_bytes:
                    raise Unreachable(f"{url} is larger than {max_bytes // 2**20} MB; {local}")
                body.append(piece)
    except httpx.TimeoutException:
        raise Unreachable(f"{url} did not answer in {timeout:g} s; try again, or {local}") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Unreachable(f"{url} cannot be reached ({reason}); {local}") from None
    return httpx.Response(
        response.status_code,
        headers={k: v for k, v in response.headers.items() if k != "content-encoding"},
        content=b"".join(body),
        request=response.request,
    )
