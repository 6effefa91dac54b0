"""Three public indexes, each asked without a key; only what they return is ever shown."""

import os
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from ...spec import Frozen
from ..contexts.fetch import fetch

_ATOM = "{http://www.w3.org/2005/Atom}"
MAX_ANSWER = 10 * 2**20


class Work(Frozen):
    """A work that an index returned.

    Attributes:
        title: As the index has it.
        authors: In order.
        year: Of publication.
        abstract: Empty where the index has none.
        arxiv: arXiv id without version.
        doi: Lower case.
        url: Where it can be read.
        indexes: Which indexes returned it.
    """

    title: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    abstract: str = ""
    arxiv: str = ""
    doi: str = ""
    url: str = ""
    indexes: tuple[str, ...] = ()


def _site(name: str, address: str) -> str:
    return (os.environ.get(f"MECHMENTOR_{name}") or address).rstrip("/")


def search_arxiv(query: str, limit: int) -> list[Work]:
    """Ask arXiv's query interface."""
    top = _site("ARXIV_API", "https://export.arxiv.org")
    words = " AND ".join(f"all:{w}" for w in re.findall(r"[\w-]+", query)[:12])
    url = f"{top}/api/query?" + urlencode({"search_query": words, "max_results": limit})
    body = fetch(url, max_bytes=MAX_ANSWER).content
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise ValueError("its answer declares entities")  # they can grow without bound
    found = []
    for entry in ElementTree.fromstring(body).iter(f"{_ATOM}entry"):
        address = _xml(entry, "id")
        paper = re.search(r"/abs/(.+?)(?:v\d+)?$", address)
        if paper:
            names = [_xml(a, "name") for a in entry.iter(f"{_ATOM}author")]
            year = _xml(entry, "published")[:4]
            found.append(
                Work(
                    title=_line(_xml(entry, "title")), authors=tuple(names),
                    year=int(year) if year.isdigit() else None,
                    abstract=_line(_xml(entry, "summary")), arxiv=paper[1],
                    url=address, indexes=("arXiv",),
                )
            )  # fmt: skip
    return found


def search_semantic_scholar(query: str, limit: int) -> list[Work]:
    """Ask Semantic Scholar's graph."""
    top = _site("SEMANTIC_SCHOLAR", "https://api.semanticscholar.org")
    fields = "title,abstract,year,authors,externalIds,url"
    url = f"{top}/graph/v1/paper/search?" + urlencode(
        {"query": query, "limit": limit, "fields": fields}
    )
    found = []
    for item in fetch(url, max_bytes=MAX_ANSWER).json().get("data") or []:
        ids = item.get("externalIds") or {}
        found.append(
            Work(
                title=_line(item.get("title")), year=item.get("year"),
                authors=tuple(a.get("name", "") for a in item.get("authors") or []),
                abstract=_line(item.get("abstract")), arxiv=str(ids.get("ArXiv") or ""),
                doi=str(ids.get("DOI") or "").lower(), url=item.get("url") or "",
                indexes=("Semantic Scholar",),
            )
        )  # fmt: skip
    return found


def search_openalex(query: str, limit: int) -> list[Work]:
    """Ask OpenAlex."""
    top = _site("OPENALEX", "https://api.openalex.org")
    url = f"{top}/works?" + urlencode({"search": query, "per-page": limit})
    found = []
    for item in fetch(url, max_bytes=MAX_ANSWER).json().get("results") or []:
        doi = str(item.get("doi") or "").lower().removeprefix("https://doi.org/")
        place = (item.get("primary_location") or {}).get("landing_page_url") or ""
        paper = re.search(r"arxiv\.org/abs/([^\sv]+)", place) or re.search(
            r"arxiv\.(\d{4}\.\d+)", doi
        )
        names = [
            (a.get("author") or {}).get("display_name") or "" for a in item.get("authorships") or []
        ]
        found.append(
            Work(
                title=_line(item.get("title")), authors=tuple(names),
                year=item.get("publication_year"), doi=doi, url=place or item.get("id") or "",
                abstract=_inverted(item.get("abstract_inverted_index") or {}),
                arxiv=paper[1] if paper else "", indexes=("OpenAlex",),
            )
        )  # fmt: skip
    return found


INDEXES: dict[str, Callable[[str, int], list[Work]]] = {
    "arXiv": search_arxiv,
    "Semantic Scholar": search_semantic_scholar,
    "OpenAlex": search_openalex,
}


def _xml(node: ElementTree.Element, name: str) -> str:
    return (node.findtext(f"{_ATOM}{name}") or "").strip()


def _line(text: Any) -> str:
    return " ".join(str(text or "").split())


def _inverted(index: dict[str, list[int]]) -> str:
    places = sorted((at, word) for word, ats in index.items() for at in ats)
    return " ".join(word for _, word in places)
