"""Papers of arXiv: LaTeX source first, then HTML, then PDF. Text comes as data, never as orders."""

import gzip
import io
import re
import tarfile
import tempfile
import urllib.error
import urllib.request
from pathlib import Path, PurePosixPath

from .decode import decode
from .document import Context, ContextError
from .latex import load_latex
from .page import load_html
from .pdf import load_pdf

ADDRESS = "https://arxiv.org"
_ABOUT = r"(?:arxiv:|https?://(?:www\.)?arxiv\.org/(?:abs|pdf|html|src|e-print)/)?"
_NUMBER = r"((?:\d{4}\.\d{4,5}|[a-z\-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?)"
ID = re.compile(rf"{_ABOUT}{_NUMBER}(?:\.pdf)?/?", re.I)
TIMEOUT = 30.0
MOST_DOWNLOADED = 100_000_000
# A bomb unpacks to a multiple of what came; papers stay below this.
MOST_UNPACKED = 200_000_000
MOST_MEMBERS = 3000


def arxiv_id(text: str) -> str | None:
    """The id in `2310.10348v2`, `arxiv:…` or an address; None if it is none."""
    found = ID.fullmatch(text.strip())
    return found.group(1) if found else None


def load_arxiv(identifier: str, name: str | None = None, address: str = ADDRESS) -> Context:
    """Fetch a paper.

    Args:
        identifier: With or without its version.
        name: Short name for citations.
        address: Where arXiv is; tests have their own.

    Raises:
        ContextError: If it cannot be fetched in any form, with what to do.
    """
    called = name or identifier.replace("/", "-")
    tried: list[str] = []
    for form, path in (("LaTeX", "src"), ("HTML", "html"), ("PDF", "pdf")):
        try:
            data = _fetch(f"{address}/{path}/{identifier}")
            found = _READ[form](data, called)
            return found.model_copy(
                update={"source": f"arXiv:{identifier}", "notes": found.notes + tried}
            )
        except ContextError as error:
            tried.append(f"no {form}: {error}")
        except urllib.error.HTTPError as error:
            tried.append(f"no {form}: HTTP {error.code}")
        except OSError as error:
            raise ContextError(
                f"arXiv cannot be reached ({getattr(error, 'reason', error)}); fetch the paper "
                "yourself and give the file"
            ) from None
    raise ContextError(f"arXiv:{identifier} gave nothing ({'; '.join(tried)}); give a local file")


def _fetch(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"User-Agent": "mechmentor"})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        data: bytes = answer.read(MOST_DOWNLOADED + 1)
    if len(data) > MOST_DOWNLOADED:
        raise ContextError(f"more than {MOST_DOWNLOADED / 1e6:.0f} MB")
    return data


def _latex(data: bytes, name: str) -> Context:
    if data.startswith(b"%PDF-"):
        raise ContextError("its source is a PDF")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        try:
            unpack(data, root)
        except (tarfile.TarError, EOFError, gzip.BadGzipFile, OSError) as error:
            raise ContextError(f"its source is no archive ({type(error).__name__})") from None
        return load_latex(root, name)


def unpack(data: bytes, root: Path) -> None:
    """Unpack a gzipped tar, or one gzipped file, with bounds on size and number.

    Raises:
        ContextError: If it would unpack to too much.
    """
    try:
        unzipped = gzip.GzipFile(fileobj=io.BytesIO(data)).read(MOST_UNPACKED + 1)
    except gzip.BadGzipFile:
        unzipped = data
    if len(unzipped) > MOST_UNPACKED:
        raise ContextError(f"it unpacks to more than {MOST_UNPACKED / 1e6:.0f} MB")
    try:
        archive = tarfile.open(fileobj=io.BytesIO(unzipped))  # noqa: SIM115
    except tarfile.ReadError:
        (root / "main.tex").write_text(decode(unzipped, "the source"), encoding="utf-8")
        return
    with archive:
        members = archive.getmembers()
        if len(members) > MOST_MEMBERS:
            raise ContextError(f"it holds more than {MOST_MEMBERS} files")
        for member in members:
            name = PurePosixPath(member.name)
            safe = not name.is_absolute() and ".." not in name.parts
            content = archive.extractfile(member) if member.isfile() and safe else None
            if content is not None:
                target = root / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())


def _html(data: bytes, name: str) -> Context:
    return load_html(decode(data, "the page"), name, "the page")


def _pdf(data: bytes, name: str) -> Context:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "paper.pdf"
        path.write_bytes(data)
        return load_pdf(path, name)


_READ = {"LaTeX": _latex, "HTML": _html, "PDF": _pdf}
