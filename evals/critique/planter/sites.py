"""Places in the clean write-ups that admit an error, and what an error there would be.

They are written by hand, one file a document, because a natural edit needs somebody who has read
the text. A number that the planter may change stands between ⟦ and ⟧.
"""

from functools import cache
from typing import Any

import yaml
from pydantic import Field

from ..documents import HERE, Row


class Edit(Row):
    """One change of one file.

    Attributes:
        find: Text that occurs once in the file; any white space matches any other.
        file: Path inside the document's folder; empty for the main file.
        until: If given, the change reaches from `find` to before this text ("" for the end).
        replace: What comes instead, one of several; "" deletes; unused where a number is marked.
    """

    find: str
    file: str = ""
    until: str | None = None
    replace: list[str] = Field(default_factory=lambda: [""])


class Site(Row):
    """A place for one kind of error.

    Attributes:
        kind: Kind of error.
        edits: Changes that belong together; the first one names the place.
        also: Other texts, in any file, at which a critic may rightly report the same error.
        given: Figures that make the error one: parts, counts, a statistic with its df.
    """

    kind: str
    edits: list[Edit]
    also: list[str] = Field(default_factory=list)
    given: dict[str, Any] = Field(default_factory=dict)


@cache
def sites(document: str) -> tuple[Site, ...]:
    """All sites of a document, in the order of their file."""
    raw = yaml.safe_load((HERE / "sites" / f"{document}.yaml").read_text(encoding="utf-8"))
    return tuple(_site(kind, row) for kind, rows in raw.items() for row in rows)


def _site(kind: str, row: dict[str, Any]) -> Site:
    """Read the short form, in which the fields of a single edit stand beside the others."""
    row = dict(row)
    also = row.pop("also", [])
    given = row.pop("given", {})
    edits = row.pop("edits", None) or [row]
    return Site(kind=kind, edits=[_edit(one) for one in edits], also=also, given=given)


def _edit(row: dict[str, Any]) -> Edit:
    if isinstance(row.get("replace"), str):
        row = row | {"replace": [row["replace"]]}
    return Edit(**row)
