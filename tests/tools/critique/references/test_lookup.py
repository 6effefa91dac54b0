"""Looking entries up, over recorded replies on loopback."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

import pytest

from mechmentor.tools.critique.document.model import Reference
from mechmentor.tools.critique.references.indexes import Indexes
from mechmentor.tools.critique.references.lookup import look_up

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">
<entry><title>The Geometry of Truth</title><published>2023-10-10T00:00:00Z</published>
<author><name>Samuel Marks</name></author><author><name>Max Tegmark</name></author>
<arxiv:journal_ref>COLM 2024</arxiv:journal_ref></entry></feed>"""
EMPTY = '<feed xmlns="http://www.w3.org/2005/Atom"></feed>'
CROSSREF = {"message": {"title": ["Probing Classifiers"], "author": [{"family": "Belinkov"}],
            "issued": {"date-parts": [[2022]]}, "DOI": "10.1162/COLI_A_00422",
            "container-title": ["Computational Linguistics"], "type": "journal-article"}}  # fmt: skip


class Recorded(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        url = urlparse(self.path)
        query = parse_qs(url.query)
        code, body = 200, "{}"
        if url.path == "/api/query":
            body = ATOM if query["id_list"] == ["2310.06824"] else EMPTY
        elif url.path.startswith("/works/10.1162"):
            body = json.dumps(CROSSREF)
        elif "boom" in url.query:
            code, body = 500, "no"
        elif url.path == "/works" or url.path.startswith("/graph"):
            body = json.dumps({"results": [], "message": {"items": []}, "data": []})
        else:
            code = 404
        self.send_response(code)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def indexes() -> Iterator[Indexes]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorded)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    names = ("arXiv", "Crossref", "OpenAlex", "Semantic Scholar")
    yield Indexes(dict.fromkeys(names, base), timeout=5, pause=0)
    server.shutdown()
    server.server_close()


def entry(title: str, **more: object) -> Reference:
    return Reference("k", 3, "a.md", title, title=title, **more)  # type: ignore[arg-type]


def test_found_with_its_publication(indexes: Indexes) -> None:
    good = entry(
        "The geometry of truth", arxiv="2310.06824", year=2023, authors=("Marks", "Tegmark")
    )
    looked = look_up([good], indexes)[0]
    assert (looked.verdict, looked.index, looked.published) == ("found", "arXiv", "COLM 2024")


def test_differences_are_named(indexes: Indexes) -> None:
    wrong = entry(
        "Probing classifiers", doi="10.1162/coli_a_00422", year=2019, authors=("Belinkow",)
    )
    looked = look_up([wrong], indexes)[0]
    assert looked.verdict == "differs"
    assert "year (2022, the entry says 2019)" in str(looked)
    assert "Belinkow not among Belinkov" in str(looked)


def test_another_work_behind_the_id(indexes: Indexes) -> None:
    looked = look_up([entry("Attention is all you need", arxiv="2310.06824")], indexes)[0]
    assert "Geometry of Truth" in looked.differences[0]


def test_not_found_is_worded_so(indexes: Indexes) -> None:
    looked = look_up([entry("A work that nobody wrote")], indexes)[0]
    assert looked.verdict == "not found"
    assert "does not prove" in str(looked)


def test_offline_says_so() -> None:
    nowhere = Indexes(dict.fromkeys(("arXiv", "Crossref", "OpenAlex", "Semantic Scholar"),
                                    "http://127.0.0.1:9"), timeout=0.5, pause=0)  # fmt: skip
    looked = look_up([entry(f"A title number {i}") for i in range(5)], nowhere)
    assert {item.verdict for item in looked} == {"not asked"}
    assert "offline?" in looked[-1].why
