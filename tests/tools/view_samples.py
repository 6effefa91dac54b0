"""One view of every kind, ordinary and awkward; shared by the tests of rendering."""

from mechmentor.tools.views import (
    Bars,
    HeatMap,
    Lines,
    Passage,
    Passages,
    Series,
    Table,
)

EVIL = "</svg><script>alert(1)</script>\x1b[31m\u202e\x00\ud800 & \"'"


def lens(layers: int = 4, columns: int = 5) -> HeatMap:
    values: list[list[float | None]] = [
        [(i + 1) * (j + 1) / (layers * columns) for j in range(columns)] for i in range(layers)
    ]
    values[0][0] = None
    return HeatMap(
        title="Top token by layer and position",
        rows=[f"L{i}" for i in range(layers)],
        columns=[" The", "\n", " 東京", " capital", "naïve", *["x"] * columns][:columns],
        values=values,
        labels=[[" Paris"] * columns for _ in range(layers)],
        control=[[0.05] * columns for _ in range(layers)],
        row_title="layer",
        column_title="prompt token",
        unit="probability",
    )


def bars() -> Bars:
    return Bars(
        title="Margins",
        names=[" garden", " winter", "low"],
        values=[6.31, 1.2, -2.5],
        control=[0.2, None, 0.1],
        band=(-0.9, 1.7),
        unit="nats",
    )


def lines() -> Lines:
    return Lines(
        title="Probe accuracy",
        x=[0, 1, 2, 3],
        series=[
            Series(name="probe", y=[0.5, 0.7, None, 0.95]),
            Series(name="shuffled one", y=[0.5, 0.52, 0.48, 0.5], control=True),
            Series(name="shuffled two", y=[0.4, 0.45, 0.58, 0.6], control=True),
        ],
        x_title="layer",
        unit="accuracy",
    )


def table() -> Table:
    return Table(
        title="Scan",
        columns=["word", "margin", "rank"],
        rows=[["garden", 6.31, 1], ["winter", -0.05, None]],
        control_rows=[["best of the null", -0.57, 1]],
    )


def passages() -> Passages:
    return Passages(
        title="Replies",
        items=[
            Passage(
                label="one",
                prompt="Where?",
                text="In Portugal.",
                control="Anywhere.",
                control_label="base",
            ),
            Passage(label="two", text=EVIL, control=""),
        ],
    )


def every() -> dict[str, HeatMap | Bars | Lines | Table | Passages]:
    return {
        "lens": lens(),
        "wide": lens(30, 90),
        "evil heat map": HeatMap(
            title=EVIL,
            caption=EVIL,
            rows=[EVIL],
            columns=[EVIL],
            values=[[1.0]],
            labels=[[EVIL]],
            unit=EVIL,
            row_title=EVIL,
            column_title=EVIL,
        ),
        "empty heat map": HeatMap(title="t", rows=[], columns=[], values=[]),
        "no value": HeatMap(title="t", rows=["a"], columns=["b"], values=[[float("nan")]]),
        "ragged": HeatMap(title="t", rows=["a", "b"], columns=["c", "d"], values=[[1.0]]),
        "signed": HeatMap(
            title="t", rows=["a"], columns=["b", "c"], values=[[-3.0, 1.0]], diverging=True
        ),
        "bars": bars(),
        "evil bars": Bars(title=EVIL, names=[EVIL], values=[1.0], unit=EVIL),
        "empty bars": Bars(title="t", names=[], values=[]),
        "odd bars": Bars(
            title="t",
            names=["a", "b", "c"],
            values=[float("nan"), float("inf"), 0.0],
            control=[0.0, None, float("nan")],
        ),
        "many bars": Bars(title="t", names=list(map(str, range(200))), values=[1.0] * 200),
        "lines": lines(),
        "evil lines": Lines(
            title=EVIL, x=[1], x_title=EVIL, unit=EVIL, series=[Series(name=EVIL, y=[1.0])]
        ),
        "empty lines": Lines(title="t", x=[], series=[]),
        "log": Lines(title="t", x=[1, 2], series=[Series(name="a", y=[0.0, 100.0])], log_y=True),
        "table": table(),
        "evil table": Table(title=EVIL, columns=[EVIL], rows=[[EVIL]], control_rows=[[EVIL]]),
        "empty table": Table(title="t", columns=[], rows=[]),
        "short rows": Table(title="t", columns=["a", "b"], rows=[["x"]]),
        "passages": passages(),
        "empty passages": Passages(title="t", items=[]),
    }
