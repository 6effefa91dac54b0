"""arXiv papers: LaTeX source, else HTML, else PDF."""

import os
import re
from collections.abc import Callable
from dataclasses import replace

from .document import Document, Unreadable
from .fetch import Unreachable, fetch
from .formats.archive import members

SITE = "https://arxiv.org"
_ID = r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?"
_NAMED = re.compile(
    rf"^(?:arxiv:|(?:https?://)?(?:www\.|export\.)?arxiv\.org/\w+/)?(?P<id>{_ID})(?:\.pdf)?/?$",
    re.I,
)


def arxiv_id(source: str) -> str | None:
    """The arXiv id in `2405.00208`, `arXiv:2405.00208v2` or an arXiv address; else None."""
    match = _NAMED.match(source.strip())
    return match["id"] if match else None


def load_arxiv(paper: str, site: str | None = None) -> tuple[Document, str]:
    """Fetch a paper in the best form there is.

    Args:
        paper: Its id, with or without version.
        site: Where from; None takes `MECHMENTOR_ARXIV`, else arXiv.

    Returns:
        The document (what was tried in vain is in its warnings) and `arXiv:ID` with version.

    Raises:
        Unreadable: If no form could be had; with what each attempt said.
    """
    from .formats.latex import load_latex
    from .formats.pdf import load_pdf
    from .formats.web_page import load_html

    top = (site or os.environ.get("MECHMENTOR_ARXIV") or SITE).rstrip("/")
    failed: list[str] = []
    label = f"arXiv:{paper}"

    def source() -> Document:
        nonlocal label
        response = fetch(f"{top}/e-print/{paper}")
        name = response.headers.get("content-disposition", "") + str(response.url)
        version = re.search(re.escape(re.sub(r"v\d+$", "", paper)) + r"(v\d+)", name)
        if version and not re.search(r"v\d+$", paper):
            label = f"arXiv:{paper}{version[1]}"
        if response.content.startswith(b"%PDF"):
            raise Unreadable("its authors gave no LaTeX source")
        files = members(response.content, f"{paper}.tex")
        if len(files) == 1 and not next(iter(files)).endswith(".tex"):
            files = {"main.tex": next(iter(files.values()))}
        return load_latex(files, label)

    ways: dict[str, Callable[[], Document]] = {
        "LaTeX": source,
        "HTML": lambda: load_html(fetch(f"{top}/html/{paper}").content, label),
        "PDF": lambda: load_pdf(fetch(f"{top}/pdf/{paper}").content, label),
    }
    for form, load in ways.items():
        try:
            document = load()
        except Unreachable as error:
            failed.append(f"{form}: {error}")
            if "cannot be reached" in str(error):
                break
        except Unreadable as error:
            failed.append(f"{form}: {error}")
        else:
            return replace(document, warnings=(*failed, *document.warnings)), label
    raise Unreadable(f"{label} could not be fetched. " + "; ".join(failed))
