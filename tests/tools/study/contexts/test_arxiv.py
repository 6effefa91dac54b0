"""arXiv over loopback: LaTeX first, then HTML, then PDF; what fails is said."""

import gzip
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mechmentor.tests.tools.study.loopback import Site, serving
from mechmentor.tools.study.contexts.arxiv import arxiv_id, load_arxiv
from mechmentor.tools.study.contexts.document import Unreadable
from mechmentor.tools.study.contexts.load import load

PDF = (Path(__file__).parent.parent / "documents" / "paper.pdf").read_bytes()
ID = "2310.10348"


def tar(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as found:
        yield found


@pytest.mark.parametrize(
    "text",
    [ID, f"arXiv:{ID}v2", f"https://arxiv.org/abs/{ID}", "cs/0112017", f"arxiv.org/pdf/{ID}"],
)
def test_ids(text: str) -> None:
    assert arxiv_id(text)
    assert arxiv_id("paper.pdf") is None


def test_latex_first_then_html_then_pdf(site: Site) -> None:
    site.pages[f"/pdf/{ID}"] = PDF
    document, _ = load_arxiv(ID, site.url)
    assert document.kind == "pdf"
    assert [w.split(":")[0] for w in document.warnings[:2]] == ["LaTeX", "HTML"]
    site.pages[f"/html/{ID}"] = b"<html><body><p>Some words of the paper.</p></body></html>"
    assert load_arxiv(ID, site.url)[0].kind == "html"
    source = {
        "main.tex": "\\documentclass{a}\n\\begin{document}\nA\n\\input{s}\n",
        "s.tex": "Body.",
    }
    site.pages[f"/e-print/{ID}"] = tar(source)
    site.headers[f"/e-print/{ID}"] = {"Content-Disposition": f'filename="arXiv-{ID}v3.tar.gz"'}
    document, label = load_arxiv(ID, site.url)
    assert (document.kind, label) == ("latex", f"arXiv:{ID}v3")
    assert "Body." in document.text
    assert not document.warnings


def test_a_source_of_one_file(site: Site) -> None:
    site.pages[f"/e-print/{ID}"] = gzip.compress(b"\\documentclass{a}\nOne file.")
    assert "One file." in load_arxiv(ID, site.url)[0].text


def test_a_pdf_in_place_of_the_source(site: Site) -> None:
    site.pages[f"/e-print/{ID}"] = site.pages[f"/pdf/{ID}"] = PDF
    document, _ = load_arxiv(ID, site.url)
    assert document.kind == "pdf"
    assert "its authors gave no LaTeX source" in document.warnings[0]


def test_what_cannot_be_had_takes_a_local_file(site: Site) -> None:
    with pytest.raises(Unreadable, match=r"404; save it by hand and add the local file"):
        load_arxiv(ID, site.url)
    with pytest.raises(Unreadable, match=r"cannot be reached .*add the local file"):
        load_arxiv(ID, "http://127.0.0.1:9")


def test_context_add_takes_an_id(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MECHMENTOR_ARXIV", site.url)
    site.pages[f"/html/{ID}"] = b"<html><body><p>Some words of the paper.</p></body></html>"
    assert load(f"arXiv:{ID}").source == f"arXiv:{ID}"
