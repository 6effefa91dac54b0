"""`lit search|novelty`: works that an index returned, and nothing else."""

import json
import sys

import typer

from .context import read_text
from .exits import PROVIDER, Stop


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Literature.", rich_markup_mode=None, no_args_is_help=True)
    group.command("search")(search)
    group.command("novelty")(novelty)
    app.add_typer(group, name="lit")


def search(
    query: str,
    limit: int = typer.Option(10, min=1, max=50, help="Works at most."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Search arXiv, Semantic Scholar and OpenAlex."""
    return _find(query, limit, as_json)


def novelty(
    file: str = typer.Argument("-", help="Your idea in some sentences; - reads standard input."),
    limit: int = typer.Option(10, min=1, max=50, help="Works at most."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """List the works nearest to an idea. That none is near proves nothing: read the nearest."""
    import re
    from collections import Counter

    text = read_text(file)
    words = Counter(w for w in re.findall(r"[A-Za-z][\w-]{4,}", text.lower()))
    query = " ".join(w for w, _ in words.most_common(7))
    print(f"searching for: {query}", file=sys.stderr)
    code = _find(query, limit, as_json)
    print("no index holds everything: that nothing near is listed is no proof", file=sys.stderr)
    return code


def _find(query: str, limit: int, as_json: bool) -> int:
    from ...tools.study.literature.find import find_works

    found = find_works(query, limit)
    for line in found.failed:
        print(f"note: {line}", file=sys.stderr)
    if found.offline:
        raise Stop("no index could be reached; this needs the network", PROVIDER)
    if as_json:
        print(json.dumps([w.model_dump(mode="json") for w in found.works]))
        return 0
    for work in found.works:
        who = (
            (work.authors[0] + (" et al." if len(work.authors) > 1 else ""))
            if work.authors
            else "?"
        )
        print(f"{work.title}\n    {who}, {work.year or '?'}; {', '.join(work.indexes)}")
        print(f"    mechmentor context add {work.arxiv}" if work.arxiv else f"    {work.url}")
    if not found.works:
        print("the indexes returned nothing; try fewer or other words", file=sys.stderr)
    return 0
