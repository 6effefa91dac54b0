"""A small client for four indexes of papers; where each lives can be set, so tests stay local."""

import os
import time
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import httpx

MOST_BYTES = 4_000_000
_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"


class IndexDown(Exception):
    """An index did not answer; the text says which and why."""


@dataclass(frozen=True)
class Work:
    """A work as an index describes it.

    Attributes:
        index: Which index says so.
        title: Title.
        authors: Family names.
        year: Year, or None.
        doi: DOI in lower case, or "".
        arxiv: arXiv id, or "".
        venue: Journal or conference; "" for a preprint.
    """

    index: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    doi: str = ""
    arxiv: str = ""
    venue: str = ""


@dataclass
class Indexes:
    """The client.

    Attributes:
        bases: Address of each index.
        timeout: Seconds for one request.
        pause: Seconds between two requests to the same index.
        mail: Sent to Crossref and OpenAlex, who answer polite callers sooner; optional.
    """

    bases: dict[str, str] = field(
        default_factory=lambda: {
            "arXiv": _env("ARXIV", "https://export.arxiv.org"),
            "Crossref": _env("CROSSREF", "https://api.crossref.org"),
            "OpenAlex": _env("OPENALEX", "https://api.openalex.org"),
            "Semantic Scholar": _env("SEMANTIC_SCHOLAR", "https://api.semanticscholar.org"),
        }
    )
    timeout: float = 10.0
    pause: float = 0.4
    mail: str = ""
    _last: dict[str, float] = field(default_factory=dict)

    def arxiv(self, number: str) -> Work | None:
        """The paper with an arXiv id."""
        reply = self._get("arXiv", "/api/query", {"id_list": number, "max_results": "1"})
        try:
            entry = ElementTree.fromstring(reply.content).find(f"{_ATOM}entry")
        except ElementTree.ParseError as error:
            raise IndexDown(f"arXiv sent something unreadable ({error})") from None
        if entry is None or not (entry.findtext(f"{_ATOM}title") or "").strip():
            return None
        title = " ".join((entry.findtext(f"{_ATOM}title") or "").split())
        if title == "Error":
            return None
        names = (e.findtext(f"{_ATOM}name") or "" for e in entry.findall(f"{_ATOM}author"))
        return Work(
            "arXiv",
            title,
            tuple(n.split()[-1] for n in names if n.split()),
            _year(entry.findtext(f"{_ATOM}published")),
            (entry.findtext(f"{_ARXIV}doi") or "").lower(),
            number,
            " ".join((entry.findtext(f"{_ARXIV}journal_ref") or "").split()),
        )

    def doi(self, doi: str) -> Work | None:
        """The work with a DOI, from Crossref."""
        found = self._json("Crossref", f"/works/{doi}", self._polite())
        return _crossref(found["message"]) if found else None

    def titled(self, title: str) -> list[Work]:
        """Works with nearly this title, from three indexes; those that are down are left out.

        Raises:
            IndexDown: If none of them answers.
        """
        works: list[Work] = []
        down = []
        for search in (self._openalex, self._crossref_search, self._semantic_scholar):
            try:
                works += search(title)
            except IndexDown as error:
                down.append(str(error))
            if any(title_key(w.title) == title_key(title) for w in works):
                break
        if len(down) == 3:
            raise IndexDown("; ".join(down))
        return works

    def _openalex(self, title: str) -> list[Work]:
        query = {"search": title, "per-page": "5", **self._polite()}
        found = self._json("OpenAlex", "/works", query) or {}
        return [_openalex(item) for item in found.get("results", [])[:5]]

    def _crossref_search(self, title: str) -> list[Work]:
        query = {"query.bibliographic": title, "rows": "5", **self._polite()}
        found = self._json("Crossref", "/works", query) or {}
        return [_crossref(item) for item in found.get("message", {}).get("items", [])[:5]]

    def _semantic_scholar(self, title: str) -> list[Work]:
        fields = "title,year,authors,venue,externalIds"
        query = {"query": title, "limit": "5", "fields": fields}
        found = self._json("Semantic Scholar", "/graph/v1/paper/search", query) or {}
        return [_semantic(item) for item in (found.get("data") or [])[:5]]

    def _polite(self) -> dict[str, str]:
        return {"mailto": self.mail} if self.mail else {}

    def _json(self, index: str, path: str, query: dict[str, str]) -> dict[str, Any] | None:
        reply = self._get(index, path, query)
        if reply.status_code == 404:
            return None
        try:
            found = reply.json()
        except ValueError:
            raise IndexDown(f"{index} sent something unreadable") from None
        return found if isinstance(found, dict) else None

    def _get(self, index: str, path: str, query: dict[str, str]) -> httpx.Response:
        wait = self._last.get(index, 0.0) + self.pause - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        try:
            for attempt in (0, 1):
                reply = httpx.get(
                    self.bases[index] + path,
                    params=query,
                    timeout=self.timeout,
                    follow_redirects=True,
                    headers={"User-Agent": "mechmentor"},
                )
                self._last[index] = time.monotonic()
                if reply.status_code not in (429, 500, 502, 503) or attempt:
                    break
                time.sleep(min(_seconds(reply.headers.get("retry-after")), 5.0))
        except httpx.HTTPError as error:
            raise IndexDown(f"{index}: {error.__class__.__name__}") from None
        except RuntimeError as error:  # MECHMENTOR_NO_REMOTE closes the sockets
            raise IndexDown(f"{index}: {error}") from None
        if reply.status_code >= 400 and reply.status_code != 404:
            raise IndexDown(f"{index} answered {reply.status_code}")
        if len(reply.content) > MOST_BYTES:
            raise IndexDown(f"{index} sent more than {MOST_BYTES // 1_000_000} MB")
        return reply


def title_key(title: str) -> str:
    """A title without case, marks and spaces."""
    return "".join(c for c in title.lower() if c.isalnum())


def _env(name: str, default: str) -> str:
    return os.environ.get(f"MECHMENTOR_{name}_URL", default).rstrip("/")


def _seconds(text: str | None) -> float:
    try:
        return float(text or 1.0)
    except ValueError:
        return 1.0


def _year(text: str | None) -> int | None:
    return int(text[:4]) if text and text[:4].isdigit() else None


def _crossref(item: dict[str, Any]) -> Work:
    titles = item.get("title") or [""]
    parts = (item.get("issued") or {}).get("date-parts") or [[None]]
    venue = (item.get("container-title") or [""])[0]
    return Work(
        "Crossref",
        titles[0],
        tuple(str(a["family"]) for a in item.get("author", []) if a.get("family")),
        parts[0][0] if parts[0] else None,
        str(item.get("DOI", "")).lower(),
        "",
        "" if item.get("type") == "posted-content" else venue,
    )


def _openalex(item: dict[str, Any]) -> Work:
    names = (a.get("author", {}).get("display_name") or "" for a in item.get("authorships", []))
    source = ((item.get("primary_location") or {}).get("source")) or {}
    preprint = source.get("type") == "repository"
    return Work(
        "OpenAlex",
        item.get("title") or "",
        tuple(n.split()[-1] for n in names if n.split()),
        item.get("publication_year"),
        str(item.get("doi") or "").lower().removeprefix("https://doi.org/"),
        "",
        "" if preprint else str(source.get("display_name") or ""),
    )


def _semantic(item: dict[str, Any]) -> Work:
    ids = item.get("externalIds") or {}
    names = (a.get("name") or "" for a in item.get("authors") or [])
    venue = str(item.get("venue") or "")
    return Work(
        "Semantic Scholar",
        item.get("title") or "",
        tuple(n.split()[-1] for n in names if n.split()),
        item.get("year"),
        str(ids.get("DOI") or "").lower(),
        str(ids.get("ArXiv") or ""),
        "" if "arxiv" in venue.lower() else venue,
    )
