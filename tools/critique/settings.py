"""Settings of the linter: a table in `pyproject.toml`, and a venue file."""

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .document.model import DraftError
from .findings import Severity


class Venue(BaseModel):
    """What a venue asks for; written as TOML or YAML.

    Attributes:
        name: How messages call it.
        pages: Most pages of the main text (references and appendix not counted); needs a PDF.
        words: Most words of prose.
        anonymous: Whether authors must not be recognisable.
        sections: Headings that must be there, each a regular expression.
        statements: Name of a checklist item → regular expression that some sentence must match.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = "the venue"
    pages: int | None = Field(default=None, ge=1)
    words: int | None = Field(default=None, ge=1)
    anonymous: bool = False
    sections: tuple[str, ...] = ()
    statements: dict[str, str] = Field(default_factory=dict)


class Settings(BaseModel):
    """What a project wants of the linter.

    Attributes:
        off: Rules that are not run.
        severity: Another severity for a rule.
        fail_on: The command fails from this severity on.
        venue: What a venue asks for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    off: frozenset[str] = frozenset()
    severity: dict[str, Severity] = Field(default_factory=dict)
    fail_on: Severity | None = None
    venue: Venue | None = None


def project_settings(draft: Path, known: set[str]) -> Settings:
    """`[tool.mechmentor.critique]` of the nearest `pyproject.toml` above a draft.

    Raises:
        DraftError: If the table is wrong; says the key.
    """
    start = draft.resolve()
    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        if file.is_file():
            try:
                content = tomllib.loads(file.read_text(encoding="utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise DraftError(f"{file.name}: {error}") from None
            return _settings(
                content.get("tool", {}).get("mechmentor", {}).get("critique", {}), known
            )
    return Settings()


def _settings(table: dict[str, object], known: set[str]) -> Settings:
    if "fail-on" in table:
        table = {**table, "fail_on": table["fail-on"]}
        table.pop("fail-on")
    if isinstance(table.get("venue"), str):
        table = {**table, "venue": load_venue(Path(str(table["venue"]))).model_dump()}
    try:
        found = Settings.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DraftError(
            f"pyproject.toml, tool.mechmentor.critique.{where}: {first['msg']}"
        ) from None
    unknown = sorted((found.off | set(found.severity)) - known)
    if unknown:
        raise DraftError(f"pyproject.toml switches an unknown rule {unknown[0]!r} "
                         "(`mechmentor critique --rules` lists them)")  # fmt: skip
    return found


def load_venue(file: Path) -> Venue:
    """A venue file.

    Raises:
        DraftError: If it is not there or says something unknown.
    """
    import yaml

    if not file.is_file():
        raise DraftError(f"no venue file {str(file)!r}")
    text = file.read_text(encoding="utf-8", errors="replace")
    try:
        content = tomllib.loads(text) if file.suffix == ".toml" else yaml.safe_load(text)
        return Venue.model_validate(content or {})
    except (tomllib.TOMLDecodeError, yaml.YAMLError) as error:
        line = str(error).splitlines()[0]
        raise DraftError(f"{file} cannot be read: {line}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "file"
        raise DraftError(f"{file}, {where}: {first['msg']}") from None
