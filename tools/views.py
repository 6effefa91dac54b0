"""The pictures a result may carry, as data. Rendering lives in `view.py` alone."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _View(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    caption: str = ""


class HeatMap(_View):
    """A grid of numbers: `values[row][column]`, with the same grid for the control."""

    kind: Literal["heatmap"] = "heatmap"
    rows: list[str]
    columns: list[str]
    values: list[list[float | None]]
    labels: list[list[str]] | None = None
    control: list[list[float | None]] | None = None
    row_title: str = ""
    column_title: str = ""
    unit: str = ""
    diverging: bool = False


class Bars(_View):
    """Named numbers with their controls and, where there is one, the control's band."""

    kind: Literal["bars"] = "bars"
    names: list[str]
    values: list[float]
    control: list[float | None] | None = None
    band: tuple[float, float] | None = None
    unit: str = ""


class Series(BaseModel):
    """One line of a line chart; `control` draws it dashed and grey."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    y: list[float | None]
    control: bool = False


class Lines(_View):
    """Lines over a common x axis."""

    kind: Literal["lines"] = "lines"
    x: list[float]
    series: list[Series]
    x_title: str = ""
    unit: str = ""
    log_y: bool = False


class Table(_View):
    """Rows of text or numbers; `control_rows` stand below a rule."""

    kind: Literal["table"] = "table"
    columns: list[str]
    rows: list[list[str | float | int | None]]
    control_rows: list[list[str | float | int | None]] = Field(default_factory=list)


class Passage(BaseModel):
    """A prompt with a reply, or a text with a score."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str
    text: str
    prompt: str = ""
    control: str | None = None
    control_label: str = ""


class Passages(_View):
    """Texts to read, each with its control beside it."""

    kind: Literal["passages"] = "passages"
    items: list[Passage]


View = Annotated[HeatMap | Bars | Lines | Table | Passages, Field(discriminator="kind")]
