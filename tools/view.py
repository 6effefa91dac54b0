"""The one door from data to what a reader sees: terminal text, SVG, HTML, text for an LLM.

No other module of the tools holds HTML or knows about widths and colours; notebooks, the report,
the web and the docs all come through here.
"""

from html import escape
from typing import Any

from .drawing.css import cell_css, html_css, svg_css, theme_css
from .drawing.label import column, paint, visible, wrap
from .drawing.llm import control_sentence, failure_for_llm, harmless, result_for_llm, target_text
from .drawing.scale import STEPS
from .drawing.svg import describe, view_svg
from .drawing.svg_page import minus
from .drawing.text import view_text
from .spec import Control, Cost, Failure, Result
from .views import Passage, Passages, Table, View

__all__ = [
    "control_sentence",
    "cost_line",
    "describe",
    "failure_for_llm",
    "failure_html",
    "failure_text",
    "harmless",
    "page_css",
    "result_for_llm",
    "result_html",
    "result_text",
    "target_text",
    "view_html",
    "view_svg",
    "view_text",
    "visible",
    "wrap",
]


def page_css() -> str:
    """The style sheet for a page that holds many results; `view_html(…, style=False)` on it."""
    return theme_css(".mm") + svg_css() + cell_css("qd", STEPS) + html_css()


def view_html(view: View, *, style: bool = True) -> str:
    """A view as a `<figure>`: charts as SVG, tables and texts as HTML that can be copied.

    Args:
        view: The picture, as data.
        style: Carry the style sheet along; False on a page that has `page_css()`.
    """
    title = escape(visible(view.title))
    body = {Table: _table_html, Passages: _passages_html}.get(type(view))
    if body is None:
        inner = f'<div class="scroll">{view_svg(view, bare=True, style=False)}</div>'
    else:
        inner = body(view)
    caption = (
        f'<p class="caption">{escape(visible(view.caption, keep_lines=True))}</p>'
        if view.caption
        else ""
    )
    head = f"<figcaption>{title}</figcaption>" if title else ""
    return _framed(f"<figure>{head}{inner}{caption}</figure>", style)


def _framed(inner: str, style: bool) -> str:
    if not style:
        return inner
    return f'<div class="mm"><style>{page_css()}</style>{inner}</div>'


def _table_html(view: Any) -> str:
    every = [*view.rows, *view.control_rows]
    count = len(view.columns)
    cells: list[list[str]] = [[] for _ in every]
    numeric = []
    for j in range(count):
        raw = [row[j] if j < len(row) else None for row in every]
        figures = [c for c in raw if not isinstance(c, str)]
        numeric.append(bool(figures) and len(figures) == len(raw))
        shown = iter(column(figures))
        for i, cell in enumerate(raw):
            cells[i].append(
                visible(cell, keep_lines=True) if isinstance(cell, str) else minus(next(shown))
            )

    def row(values: list[str]) -> str:
        tags = (
            f'<td class="num">{escape(v)}</td>' if numeric[j] else f"<td>{escape(v)}</td>"
            for j, v in enumerate(values)
        )
        return f"<tr>{''.join(tags)}</tr>"

    heads = "".join(
        f'<th scope="col"{" class=num" if numeric[j] else ""}>{escape(visible(c))}</th>'
        for j, c in enumerate(view.columns)
    )
    main = "".join(map(row, cells[: len(view.rows)]))
    main = main or f'<tr><td class="empty" colspan="{max(count, 1)}">no rows</td></tr>'
    control = ""
    if view.control_rows:
        rows = "".join(map(row, cells[len(view.rows) :]))
        mark = f'<tr><th scope="rowgroup" colspan="{count}">control</th></tr>'
        control = f"<tbody>{mark}{rows}</tbody>"
    return (
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{main}</tbody>{control}</table></div>"
    )


def _passages_html(view: Any) -> str:
    if not view.items:
        return '<p class="empty">nothing to show: no passages</p>'
    return "".join(map(_passage_html, view.items))


def _passage_html(item: Passage) -> str:
    def text(raw: str) -> str:
        return escape(visible(raw, keep_lines=True)) or '<span class="empty">(empty)</span>'

    prompt = f'<p class="prompt">{text(item.prompt)}</p>' if item.prompt else ""
    right = ""
    if item.control is not None:
        who = escape(visible(item.control_label)) or "control"
        right = (
            f'<blockquote class="control"><span class="who">{who}</span>'
            f"{text(item.control)}</blockquote>"
        )
    return (
        f'<div class="passage"><h4>{escape(visible(item.label))}</h4>{prompt}'
        f'<div class="pair"><blockquote>{text(item.text)}</blockquote>{right}</div></div>'
    )


def cost_line(cost: Cost, cached: bool = False) -> str:
    """What a call has cost, in a few words; unknown dollars are said to be unknown."""
    parts = [f"{cost.calls} call{'' if cost.calls == 1 else 's'}", f"{cost.tokens:,} tokens"]
    parts.append(
        f"{cost.seconds:.1f} s" if cost.seconds >= 0.05 else f"{cost.seconds * 1e3:.0f} ms"
    )
    if cost.dollars is None:
        parts.append("dollars unknown")
    elif cost.dollars:
        parts.append(f"${cost.dollars:.4f}".rstrip("0").rstrip("."))
    return ", ".join(parts) + (" (from the cache, charged in full)" if cached else "")


def result_text(result: Result[Any], width: int = 80, color: bool = False) -> str:
    """A result for a terminal: summary, picture with its control, control, warnings, cost."""
    lines = wrap(visible(result.summary, keep_lines=True), width)
    if result.view is not None:
        lines += ["", view_text(result.view, width, color), ""]
    if result.control is not None:
        lines += wrap(visible(control_sentence(result.control)), width)
    for warning in result.warnings:
        first, *rest = wrap("Warning: " + visible(warning), width)
        lines += [paint(first, "33", color), *rest]
    if result.handles:
        lines += wrap("Kept: " + visible(", ".join(h.name for h in result.handles)), width)
    return "\n".join([*lines, paint(f"Cost: {cost_line(result.cost, result.cached)}", "2", color)])


def result_html(result: Result[Any], *, style: bool = True) -> str:
    """A result as HTML: summary, picture with its control, control, warnings, cost."""
    parts = [f'<p class="summary">{escape(visible(result.summary, keep_lines=True))}</p>']
    if result.view is not None:
        parts.append(view_html(result.view, style=False))
    if result.control is not None:
        parts.append(_control_html(result.control))
    if result.warnings:
        items = "".join(f"<li><b>Warning.</b> {escape(visible(w))}</li>" for w in result.warnings)
        parts.append(f'<ul class="warnings">{items}</ul>')
    kept = ""
    if result.handles:
        kept = "; kept: " + escape(visible(", ".join(h.name for h in result.handles)))
    parts.append(f'<p class="cost">Cost: {cost_line(result.cost, result.cached)}{kept}</p>')
    return _framed("".join(parts), style)


def _control_html(control: Control) -> str:
    sentence = escape(visible(control_sentence(control)))
    for verdict in ("The result lies beyond the control.", "The result lies within the control"):
        sentence = sentence.replace(verdict, f'<span class="verdict">{verdict}</span>')
    return f'<p class="control-line">{sentence}</p>'


def failure_text(failure: Failure, width: int = 80) -> str:
    """A failure for a terminal: what is wrong, then what to do instead."""
    lines = wrap(f"{failure.code}: {visible(failure.message, keep_lines=True)}", width)
    if failure.hint:
        lines += wrap(f"Instead: {visible(failure.hint, keep_lines=True)}", width)
    return "\n".join(lines)


def failure_html(failure: Failure, *, style: bool = True) -> str:
    """A failure as HTML."""
    body = f"<code>{failure.code}</code> {escape(visible(failure.message))}"
    if failure.hint:
        body += f"<br>Instead: {escape(visible(failure.hint))}"
    return _framed(f'<p class="failure">{body}</p>', style)
