"""Drafts at the edge: each gets its word, none hangs."""

import time
from pathlib import Path

import pytest

from mechmentor.app.cli.main import run
from mechmentor.tools.critique.document.model import DraftError
from mechmentor.tools.critique.document.read import read_draft
from mechmentor.tools.critique.linter import lint

CRYPT = (
    f"<< /Filter /Standard /V 1 /R 2 /O <{'41' * 32}> /U <{'42' * 32}> /P -4 >>",
    f"[<{'43' * 16}> <{'43' * 16}>]",
)
TEXT = (
    "We patch the residual stream and compare with a corrupted run of the same length.",
    "The probe is right on 45 of 60 prompts (85%) while the control stays at chance.",
)


def pdf(pages: int, *, encrypted: bool = False) -> bytes:
    """A PDF of so many pages with two lines of text each."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(pages))
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n in range(pages):
        lines = " ".join(f"({text}) Tj 0 -14 Td" for text in TEXT).replace("(85%)", "\\(85%\\)")
        stream = f"BT /F1 10 Tf 40 700 Td {lines} ET"
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * n} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        bodies.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    out, at = "%PDF-1.4\n", []
    for number, body in enumerate(bodies, start=1):
        at.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(at) + 1}\n0000000000 65535 f \n"
    out += "".join(f"{offset:010d} 00000 n \n" for offset in at)
    crypt = f" /Encrypt {CRYPT[0]} /ID {CRYPT[1]}" if encrypted else ""
    return f"{out}trailer\n<< /Size {len(at) + 1} /Root 1 0 R{crypt} >>\nstartxref\n{start}\n%%EOF\n".encode()


def test_a_plain_pdf_is_read_with_its_pages(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(pdf(3))
    document = read_draft(file)
    assert document.pages == 3
    found = [f for f in lint(document).findings if f.rule == "percent-count"]
    assert [f.place.page for f in found][:1] == [1]
    assert "(page 1)" in found[0].place.anchor


def test_an_encrypted_pdf_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(pdf(1, encrypted=True))
    with pytest.raises(DraftError, match="is encrypted; save a copy without a password"):
        read_draft(file)


def test_300_pages_are_read_and_announced_and_500_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "long.pdf"
    file.write_bytes(pdf(300))
    began = time.process_time()
    assert run(["critique", str(file)]) == 1
    assert time.process_time() - began < 30
    out, err = capsys.readouterr()
    assert "percent-count" in out
    assert "300 pages" in err
    file.write_bytes(pdf(500))
    assert run(["critique", str(file)]) == 2
    assert "split it below 400" in capsys.readouterr().err


def test_an_include_of_itself_ends_with_its_circle(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "main.tex").write_text("\\documentclass{article}\n\\input{main}\n")
    assert run(["critique", str(tmp_path / "main.tex")]) == 2
    assert "endless include: main.tex → main.tex" in capsys.readouterr().err
