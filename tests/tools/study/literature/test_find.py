"""Three indexes on loopback with recorded replies: merged, nothing invented, offline is said."""

import json
from collections.abc import Iterator

import pytest

from mechmentor.app.cli.main import run
from mechmentor.tests.tools.study.loopback import Site, serving
from mechmentor.tools.study.literature.find import find_works

ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">
<entry><id>http://arxiv.org/abs/2305.00001v2</id><title>Steering vectors that
 steer</title><summary>We add steering vectors.</summary><published>2023-05-01T00:00:00Z</published>
<author><name>Ada Alder</name></author><author><name>Bo Birch</name></author></entry>
<entry><id>http://arxiv.org/abs/2306.00002v1</id><title>Probes of truth</title>
<summary>Linear probes.</summary><published>2023-06-01T00:00:00Z</published>
<author><name>Cy Cedar</name></author></entry></feed>"""
SCHOLAR = {
    "data": [
        {
            "title": "Steering Vectors That Steer",
            "year": 2023,
            "authors": [{"name": "Ada Alder"}],
            "abstract": None,
            "externalIds": {"ArXiv": "2305.00001", "DOI": "10.1/ABC"},
            "url": "https://www.semanticscholar.org/paper/1",
        },
        {"title": "Only in Scholar: steering", "externalIds": None, "authors": None, "url": None},
    ]
}
ALEX = {
    "results": [
        {
            "title": "Steering vectors that steer (version of record)",
            "publication_year": 2024,
            "doi": "https://doi.org/10.1/abc",
            "authorships": [{"author": {"display_name": "Ada Alder"}}],
            "abstract_inverted_index": {"steering": [1], "We": [0]},
            "primary_location": {"landing_page_url": "https://press.example/1"},
            "id": "https://openalex.org/W1",
        }
    ]
}
PATHS = {"arXiv": "/api/query", "scholar": "/graph/v1/paper/search", "alex": "/works"}


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with serving() as found:
        for name in ("ARXIV_API", "SEMANTIC_SCHOLAR", "OPENALEX", "ARXIV"):
            monkeypatch.setenv(f"MECHMENTOR_{name}", found.url)
        found.pages[PATHS["arXiv"]] = ATOM.encode()
        found.pages[PATHS["scholar"]] = json.dumps(SCHOLAR).encode()
        found.pages[PATHS["alex"]] = json.dumps(ALEX).encode()
        yield found


def test_the_same_work_of_three_indexes_is_one(site: Site) -> None:
    found = find_works("steering vectors")
    assert found.failed == ()
    assert [w.title for w in found.works] == [
        "Steering vectors that steer",
        "Only in Scholar: steering",
        "Probes of truth",
    ]
    first = found.works[0]
    assert first.indexes == ("arXiv", "Semantic Scholar", "OpenAlex")
    assert (first.arxiv, first.doi, first.year) == ("2305.00001", "10.1/abc", 2023)
    assert first.authors == ("Ada Alder", "Bo Birch")


def test_only_what_an_index_returned_is_shown(site: Site) -> None:
    for path in PATHS.values():
        site.pages[path] = b"{}"
    site.pages[PATHS["arXiv"]] = b'<feed xmlns="http://www.w3.org/2005/Atom"></feed>'
    assert find_works("steering vectors").works == ()


def test_one_index_that_fails_is_named_and_the_others_count(site: Site) -> None:
    del site.pages[PATHS["scholar"]]
    site.pages[PATHS["alex"]] = b"<html>no json</html>"
    found = find_works("steering vectors")
    assert [line.split(":")[0] for line in found.failed] == ["Semantic Scholar", "OpenAlex"]
    assert not found.offline
    assert len(found.works) == 2


def test_offline_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("ARXIV_API", "SEMANTIC_SCHOLAR", "OPENALEX"):
        monkeypatch.setenv(f"MECHMENTOR_{name}", "http://127.0.0.1:9")
    assert run(["lit", "search", "steering vectors"]) == 5
    shown = capsys.readouterr()
    assert "no index could be reached" in shown.err
    assert shown.out == ""


def test_a_work_of_the_list_becomes_a_context(
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    monkeypatch.setenv("MECHMENTOR_DATA", str(tmp_path_factory.mktemp("data")))
    site.pages["/html/2305.00001"] = b"<html><body><p>We add a vector.</p></body></html>"
    assert run(["lit", "search", "steering vectors"]) == 0
    line = next(x for x in capsys.readouterr().out.split("\n") if "context add" in x)
    assert run(line.split()[1:]) == 0
    assert "arXiv:2305.00001" in capsys.readouterr().out
    novel = tmp_path_factory.mktemp("idea") / "idea.txt"
    novel.write_text("Steering vectors added during reasoning, steering twice.")
    assert run(["lit", "novelty", str(novel)]) == 0
    said = capsys.readouterr()
    assert "Steering vectors that steer" in said.out
    assert "is no proof" in said.err
