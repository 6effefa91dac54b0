"""Switches inside a draft: a finding can be silenced where it stands, with a reason.

`<!-- critique: ignore RULE: why -->` (or `% critique: …` in LaTeX) silences the next paragraph or
its own line; `off RULE: why` and `on RULE` enclose a longer stretch.
"""

import re
from collections.abc import Iterable

from .document.model import Document
from .findings import Finding, place

_SWITCH = re.compile(
    r"(?:<!--|%|\[//\]: # \()\s*critique:\s*(?P<verb>ignore|off|on)\s+"
    r"(?P<rules>[a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*)\s*(?:[:—(–]|\s-\s|\bbecause\b)?\s*(?P<why>[^>]*)"
)


def switches(
    document: Document, findings: Iterable[Finding], known: set[str]
) -> tuple[list[Finding], list[tuple[Finding, str]], list[Finding]]:
    """Apply the switches.

    Returns:
        Findings that stand, silenced findings with their reason, and complaints about switches
        (unknown rule, no reason).
    """
    found = list(findings)
    quiet: list[tuple[str, int, int, str]] = []
    complaints = []
    opened: dict[str, tuple[int, str]] = {}
    last = len(document.lines)
    for number, line in enumerate(document.lines, start=1):
        if "critique:" not in line.text:
            continue
        for match in _SWITCH.finditer(line.text):
            why = re.sub(r"\s*(?:-->|-+|\))\s*$", "", match["why"]).strip(" -–—:")
            for rule in re.split(r"\s*,\s*", match["rules"]):
                if rule not in known and rule != "all":
                    complaints.append(_complaint(document, number, f"no rule is called “{rule}”"))
                elif match["verb"] != "on" and not why:
                    message = f"the switch for “{rule}” gives no reason and was not followed"
                    complaints.append(_complaint(document, number, message))
                elif match["verb"] == "ignore":
                    quiet.append((rule, number, _end_of_next(document, number), why))
                elif match["verb"] == "off":
                    opened[rule] = (number, why)
                elif rule in opened:
                    start, reason = opened.pop(rule)
                    quiet.append((rule, start, number, reason))
    quiet += [(rule, start, last, why) for rule, (start, why) in opened.items()]
    standing: list[Finding] = []
    silenced: list[tuple[Finding, str]] = []
    for finding in found:
        said = next(
            (
                why
                for rule, start, end, why in quiet
                if rule in (finding.rule, "all") and start <= finding.place.document_line <= end
            ),
            None,
        )
        if said is None:
            standing.append(finding)
        else:
            silenced.append((finding, said))
    return standing, silenced, complaints


def _end_of_next(document: Document, number: int) -> int:
    """The last line of the paragraph or table below a switch (or of its own)."""
    at = number
    while at < len(document.lines) and not document.lines[at].text.strip():
        at += 1
    while at < len(document.lines) and document.lines[at].text.strip():
        at += 1
    return max(at, number)


def _complaint(document: Document, line: int, message: str) -> Finding:
    return Finding(
        rule="switch",
        theme="switches",
        severity="minor",
        message=f"{message[0].upper()}{message[1:]}.",
        fix="Write `critique: ignore RULE: the reason`; `mechmentor critique --rules` lists the ids.",
        places=(place(document, line, None, document.lines[line - 1].text),),
    )
