"""The styles of pictures: one set of colours for light and dark paper, for SVG and HTML."""

from .scale import ramp_css

_LIGHT = (
    "--ink:#16191d;--soft:#59626d;--rule:#d3d9e0;--grid:#e9edf1;--paper:#ffffff;"
    "--bar:#2a6fae;--pale:#b9d0e4;--control:#6d757e;--band:#dfe3e8;--none:#eef1f4;"
    "--s0:#0b62a8;--s1:#c4500a;--s2:#0b7f5f;--s3:#a2437d;--s4:#8a6400;--s5:#3a8fc0;"
    "--warn:#8a4b00;--wash:#f5f7f9;"
)
_DARK = (
    "--ink:#eceff3;--soft:#a3adb8;--rule:#3b444e;--grid:#2a3138;--paper:#171b20;"
    "--bar:#5aa7e6;--pale:#2f4d68;--control:#98a2ad;--band:#2e353d;--none:#21272d;"
    "--s0:#62b0f0;--s1:#ff925a;--s2:#43c79e;--s3:#e58cc0;--s4:#e2b84b;--s5:#9ad3f5;"
    "--warn:#f0b060;--wash:#1e242a;"
)
_SANS = 'system-ui,-apple-system,"Segoe UI","Helvetica Neue",Arial,"Liberation Sans",sans-serif'
_MONO = 'ui-monospace,"SFMono-Regular",Menlo,Consolas,"DejaVu Sans Mono",monospace'


def theme_css(selector: str, ramps: str = "qd", switch: bool = True) -> str:
    """The colour variables on `selector`, following the reader's system.

    Args:
        selector: The CSS selector that carries the variables.
        ramps: Which colour ramps are needed: `q` for amounts, `d` for signed numbers.
        switch: Also obey `data-theme="light|dark"` on the root element of the page.
    """
    light = _LIGHT + "".join(ramp_css("light", r == "d") for r in ramps)
    dark = _DARK + "".join(ramp_css("dark", r == "d") for r in ramps)
    css = f"{selector}{{{light}}}"
    css += f"@media (prefers-color-scheme:dark){{{selector}{{{dark}}}}}"
    if switch:
        css += f':root[data-theme="light"] {selector}{{{light}}}'
        css += f':root[data-theme="dark"] {selector}{{{dark}}}'
    return css + f"@media print{{{selector}{{{light}}}}}"


def svg_css() -> str:
    """The rules of the drawings; every class is below `.mm-svg`."""
    rules = {
        "": f"background:var(--paper);font-family:{_SANS};font-size:11.5px",
        " text": "fill:var(--ink)",
        " .h": "font-size:13.5px;font-weight:600",
        " .soft": "fill:var(--soft)",
        " .cap": "fill:var(--soft);font-size:11.5px",
        " .mono": f"font-family:{_MONO};font-size:10.5px;white-space:pre",
        " .cell": f"font-family:{_MONO};font-size:9.5px;white-space:pre",
        " .it": "font-style:italic;fill:var(--control)",
        " .b": "font-weight:600",
        " .e": "text-anchor:end",
        " .m": "text-anchor:middle",
        " .paper": "fill:var(--paper)",
        " .rule": "stroke:var(--rule);fill:none",
        " .axis": "stroke:var(--soft);fill:none",
        " .thick": "stroke:var(--ink);stroke-width:1.4;fill:none",
        " .grid": "stroke:var(--grid);fill:none",
        " .dash": "stroke:var(--control);stroke-dasharray:4 3;fill:none",
        " .bar": "fill:var(--bar)",
        " .pale": "fill:var(--pale)",
        " .band": "fill:var(--band)",
        " .none": "fill:var(--none)",
        " .hatch": "stroke:var(--rule);stroke-width:1",
        " .dia": "fill:var(--paper);stroke:var(--control);stroke-width:1.6",
        " .ctl": "stroke:var(--control);fill:none;stroke-dasharray:4 3;stroke-width:1.1",
        " .ln": "fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round",
        " .bl": "stroke:var(--bar);fill:none;stroke-width:2",
    }
    return "".join(f".mm-svg{name}{{{rule}}}" for name, rule in rules.items())


def cell_css(ramps: str, steps: int) -> str:
    """Fill and text classes of heat-map cells, `.q0…` and `.tq0…`."""
    return "".join(
        f".mm-svg .{r}{i}{{fill:var(--{r}{i})}}.mm-svg .t{r}{i}{{fill:var(--t{r}{i})}}"
        for r in ramps
        for i in range(steps)
    )


def html_css() -> str:
    """The rules of results, tables and passages in HTML; every class is below `.mm`."""
    rules = {
        "": f"color:var(--ink);background:var(--paper);font:15px/1.5 {_SANS};max-width:1080px;"
        "overflow-wrap:break-word",
        " *": "box-sizing:border-box",
        " figure": "margin:14px 0;background:var(--paper)",
        " figcaption": "font-size:14px;font-weight:600;margin:0 0 6px",
        " .caption": "font-size:13px;color:var(--soft);margin:6px 0 0;max-width:78ch",
        " .scroll": "overflow-x:auto",
        " .scroll svg": "display:block;max-width:100%;height:auto",
        " table": "border-collapse:collapse;font-size:13.5px;border-top:2px solid var(--ink);"
        "border-bottom:2px solid var(--ink)",
        " th": "text-align:left;font-weight:600;padding:5px 14px 5px 0;vertical-align:bottom;"
        "border-bottom:1px solid var(--ink)",
        " td": "padding:4px 14px 4px 0;vertical-align:top;white-space:pre-wrap;min-width:3em",
        " .num": "text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap",
        " tbody+tbody": "border-top:1px dashed var(--control);color:var(--control);"
        "font-style:italic",
        " tbody th": "font-weight:400;border:0;font-size:12px;padding-bottom:0",
        " .passage": "margin:0 0 16px",
        " .passage h4": "font-size:13px;margin:0 0 4px;font-weight:600",
        " .prompt": "font-size:13.5px;color:var(--soft);margin:0 0 6px;white-space:pre-wrap",
        " .pair": "display:grid;gap:8px 20px;grid-template-columns:repeat(auto-fit,"
        "minmax(min(100%,260px),1fr))",
        " blockquote": "margin:0;padding:2px 0 2px 12px;border-left:3px solid var(--bar);"
        "font-size:14px;white-space:pre-wrap;overflow-wrap:anywhere",
        " blockquote.control": "border-left:3px dashed var(--control);color:var(--soft)",
        " .who": "display:block;font-size:12px;color:var(--soft);font-style:normal",
        " .summary": "margin:0 0 8px;font-size:15.5px;max-width:78ch",
        " .control-line": "margin:8px 0;padding:6px 12px;border-left:3px dashed var(--control);"
        "background:var(--wash);font-size:14px;max-width:90ch",
        " .verdict": "font-weight:600",
        " .warnings": "margin:8px 0;padding:0;list-style:none;font-size:14px;max-width:90ch",
        " .warnings li": "padding:4px 12px;border-left:3px solid var(--warn);margin:4px 0",
        " .warnings b": "color:var(--warn)",
        " .cost": "font-size:12.5px;color:var(--soft);margin:8px 0 0",
        " .failure": "padding:8px 12px;border-left:3px solid var(--warn);background:var(--wash);"
        "font-size:14px",
        " .empty": "color:var(--soft);font-style:italic",
        " code": f"font-family:{_MONO};font-size:.9em",
    }
    return "".join(f".mm{name}{{{rule}}}" for name, rule in rules.items())
