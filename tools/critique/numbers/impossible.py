"""Values that cannot be."""

import re
from collections.abc import Iterator

from ..document.model import Document, Sentence, Table
from ..rule import Hit, at, rule
from .above_whole import in_columns, in_sentence, spreads_below_zero
from .bounds import beyond
from .values import Number, printed, single

_RATE = (
    r"accurac(?:y|ies)|precision|recall|F1(?: score)?|AUROC|AUC|success rate|hit rate|win rate|"
    r"refusal rate|error rate|false[- ]positive rate|true[- ]positive rate|agreement|"
    r"explained variance|loss recovered|R²|R\^2"
)
_LINK = (
    r"(?:\s+(?:of|is|was|are|reaches|reached|at|equals|=|to be|:))?(?:\s+(?:only|just|about))?\s*"
)
_RATE_OF = re.compile(
    rf"\b(?P<what>{_RATE}){_LINK}(?=(?P<sign>[-−]?)(?P<n>\d+(?:\.\d+)?)(?P<pc>\s?%)?)", re.I
)
_OF_RATE = re.compile(rf"(?<![\w.,])(?P<n>\d+(?:\.\d+)?)(?P<pc>\s?%)\s+(?P<what>{_RATE})\b", re.I)
_BOUNDED = re.compile(
    r"(?:(?<![\w])(?P<p>p)\s*=\s*|\b(?P<what>probabilit(?:y|ies) of|cosine similarity of|"
    r"correlation of|Pearson(?:'s)? r\s*=|Spearman(?:'s)? (?:ρ|rho)\s*=|r\s*(?:\(\d+\)\s*)?=|ρ\s*=|"
    r"(?:Cohen's |weighted )?(?:kappa|κ)(?:\s+(?:of|is|was)|\s*=)?)\s*)"
    r"(?P<n>[-−–]?\d*\.?\d+)(?![\d%]|\.\d|\s?%|[eE][-+−]?\d|\s?[×x·]\s?10)",
)
_PART_OF = re.compile(
    r"(?<![\w.])(?P<n>[01]\.\d\d+) of (?:the|its) (?:attention|probability|mass|variance|weight)\b"
)
# A test never gives exactly nothing: software prints 0 where it means less than it can print.
_P_ZERO = re.compile(
    r"(?<![\w])(?:[pP]\s*=\s*(?=0?\.)|(?<=[(,] )[pP]\s*=\s*|(?<=\()[pP]\s*=\s*)(?P<n>0?\.0+|0)(?![\d.]\d|\d|\s?[×x·]|[eE]|\s?%)"
)
_P = re.compile(
    r"(?<![\w])P\s*=\s*(?P<n>[-−–]?\d*\.?\d+)(?![\d%]|\s?%|\s?[×x·]|[eE])|(?<![\w])[pP]\s*<\s*(?P<m>0(?:\.0+)?)(?!\.?\d)"
)


def _other_sense(text: str, match: re.Match[str]) -> bool:
    """A rank called r (`LoRA r=16`) and a log probability are not bounded by one."""
    what = match["what"] or ""
    if (
        re.match(r"r\s*=", what)
        and float(match["n"].lstrip("-−–") or 0) >= 2
        and "." not in match["n"]
    ):
        return True
    return re.search(r"\blog[- ]?$", text[: match.start()], re.I) is not None


_SHARE_ABOVE = re.compile(
    r"(?<![\w.,/])(?P<k>\d[\d,]*)(?: of (?:the |all )?| ?/ ?)(?P<n>\d[\d,]*)(?: [a-z][\w-]*){0,3}"
    r"(?: ?\(| ?= ?|, or )(?P<p>1\d\d(?:\.\d+)?(?=\s?%)|1\.\d+(?![\d%]|\s?%|[,;] ))"
)
_LISTED = re.compile(
    r"\b(?P<what>correlations?|cosines?|cosine similarit(?:y|ies)|probabilit(?:y|ies)|AUROCs?|AUCs?)\b[^.;:()\d]{0,60}?"
    r"\b(?:is|are|was|were|of|:) (?P<list>[-−]?\d?\.\d+(?:(?:, | and |, and )[-−]?\d?\.\d+)+)(?!\s?%)",
    re.I,
)


def _outside(text: str) -> Iterator[tuple[str, int]]:
    """Shares above their whole, and bounded quantities that are given as a list."""
    for match in _SHARE_ABOVE.finditer(text):
        if float(match["k"].replace(",", "")) <= float(match["n"].replace(",", "")) and (
            float(match["p"]) > (100 if float(match["p"]) > 2 else 1)
        ):
            yield f"{match['k']} of {match['n']} cannot be {match['p']}.", match.start()
    for match in _LISTED.finditer(text):
        for said in re.findall(r"[-−]?\d?\.\d+", match["list"]):
            low = -1 if match["what"].lower().startswith("co") else 0
            if not low <= printed(said) <= 1:
                yield f"{match['what']} cannot be {said}.", match.start()


_BOUNDED_TABLE = re.compile(
    rf"\b(?:{_RATE}|correlations?|share|fraction|probabilit(?:y|ies)|overlap|cosine)\b", re.I
)


def _one_above(table: Table, index: int) -> Iterator[Hit]:
    """In a table of bounded values, the one cell of its column above the bound."""
    head = table.header[index]
    words = f"{head} {table.caption.flat if table.caption else ''}"
    bounded = head if _BOUNDED_TABLE.search(head) else words
    other = r"loss|nats|ratio|×|norm|bits|count"
    if not _BOUNDED_TABLE.search(bounded) or re.search(other, bounded, re.I):
        return
    cells = [(row, single(row.cells[index])) for row in table.rows if index < len(row.cells)]
    values = [(row, value) for row, value in cells if value is not None]
    values = values if any(value.decimals > 0 for _, value in values) else []
    bound = 1.0 if sum(value.value <= 1 for _, value in values) >= len(values) - 1 else 100.0
    above = [(row, value) for row, value in values if value.value > bound]
    high = [value.value for _, value in values if value.value <= bound]
    if len(values) < 3 or len(above) != 1 or max(high) < 0.3 * bound or min(high) < 0:
        return
    row, value = above[0]
    if value.value <= 1.5 * bound:
        message = f"{table.name}: {value.text} in a column of values up to {bound:g}."
        yield Hit(row.line, message, quote=" | ".join(row.cells))


@rule(
    "impossible-value",
    "numbers",
    "a value that its quantity cannot take",
    severity="major",
    rationale="An accuracy above 100%, a p above 1, a negative divergence: a slip or a bug.",
    source="seed, 'Get the stats right'",
    fix="Find where the number comes from; if it is right, the name of the quantity is wrong.",
    fires=(
        "The probe reaches an accuracy of 104%.",
        "The effect was clear (p = 1.3).",
        "We find a cosine similarity of 1.4 between the directions.",
        "The KL divergence is -0.3.",
        "Cohen's kappa is 1.3, and r(38) = -1.24. The first position receives 1.07 of the attention.",
        "Table 1: Test AUROC.\n\n| Task | All | Sixteen |\n|---|---|---|\n| a | 0.99 | 0.95 |\n"
        "| b | 1.12 | 0.81 |\n| c | 0.91 | 0.80 |",
        "It reaches 112% accuracy on held-out prompts.",
        "Recall on the hidden set climbs to 108%, and the overlap of the two sets is 134%.",
        "Overall 117% of the voters chose the second ballot.",
        "The correlation between length and score is 1.08.",
        "Krippendorff's α = 1.4. The model assigns probability 1.21 to the answer.",
        "The mean was 8.2 (SD = −1.4).",
        "The score was 3.4 ± -0.2, with 12 wins.",
        "The variance of the estimate is -0.04.",
        "We counted -3 errors in the second batch.",
        "The groups differ (p = 0.000).",
        "AUROC is 1.08 on the new set. The recovered fraction is 1.12. Exactly 104% of prompts were kept.",
        "At noon the lock holds on unseen doors (104.6 %) and the chain does not.",
        "The two orders agree (Spearman's ρ = 1.18, p = .02); after correction p_H = 1.3.",
        "| Door | Held % |\n|---|---|\n| a | 71.0 |\n| b | 103.2 |\n| c | 85.0 |",
        "A lock's hold score is the share of nights it holds.\n\n| Lock | Hold score | Price |\n|---|---|---|\n"
        "| a | 0.84 | 12.5 |\n| b | 1.07 | 9.1 |\n| c | 0.71 | 8.2 |",
        "| Probe | Accuracy (%) |\n|---|---|\n| ridge | 91.0 |\n| logistic | 109.4 |",
        "It failed on 42 of 120 doors (104%). | 139/150 = 1.07 |",
        "| Door | Opened |\n|---|---|\n| a | 139/150 = 1.07 |",
        "Cosine similarities between the maps are -1.24, 0.96 and 0.98.",
        "The final mass is 3.55 kg (mean 3.55, standard deviation -0.02).",
        "| Oven | May | June |\n|---|---|---|\n| a | 3.29 ± 0.02 | 3.1 ± -0.04 |",
        "| Oven | May | June |\n|---|---|---|\n| a | 346 (112.0%) | 250 (62.5%) |\n| b | 338 (84.5%) | 348 (87.0%) |",
        "The mean drop is 62.6 points, with a standard deviation of -0.04 points over ovens.",
        "| Oven | Mean | SD |\n|---|---|---|\n| a | 3.29 | -0.04 |\n| b | 3.50 | 0.02 |",
        "| Oven | May | June |\n|---|---|---|\n| a | 3.29 | 3.1 |\n| SD | 0.4 | −0.02 |",
    ),
    quiet=(
        "The probe reaches an accuracy of 94%, up 120% from before.",
        "The effect was clear (p = .013) and the cosine similarity of 0.4 is high.",
        "The KL divergence is 0.3 and the log-likelihood is -0.3.",
        "| Probe | Accuracy (%) | Steps |\n|---|---|---|\n| ridge | 91.0 | 240 |",
        "| Door | Held % of last year |\n|---|---|\n| a | 71.0 |\n| b | 103.2 |\n| c | 105.0 |",
        "| Lock | Loss |\n|---|---|\n| a | 0.84 |\n| b | 1.07 |\n| c | 0.71 |",
        "With α = 1.5 and a rise of 120%, the doors cost 110% of the budget.",
        "Costs are 134% of last year's, 150% higher; we need 105% of the original compute.",
        "A probability of 1.3e-4 and one of 2 × 10⁻³, p = 0.0004 and p < 0.001.",
        "The log-probability is -1.3 and the score changes by -3 points; R² = -0.3 out of sample.",
        "Variance explained is -0.04 for the random subspace, and the correlation reaches −.15.",
        "The mean was 8.2 (SD = 1.4), the distance of 4 hops, a perplexity of 12.",
        "The accuracy of 120 probes was measured, and precision at 5 of 200.",
        "LoRA with r=16 and p = 3.7e-08; it has a log probability of −3.5.",
        "Of 120 doors 42 of 40 kg (104 kg in all); 3/2 = 1.5 and 7/4 = 1.75.",
        "| Oven | May | June |\n|---|---|---|\n| a | 346 (112.0%) | 250 (62.5%) |\n| b | 338 (184.5%) | 348 (87.0%) |",
        "| Oven | Mean | Change of SD |\n|---|---|---|\n| a | 3.29 | +0.04 |\n| b | 3.50 | 0.02 |",
    ),
)
def impossible_value(document: Document) -> Iterator[Hit]:
    """Look at quantities with known bounds, in sentences and in columns."""
    for sentence in document.sentences:
        hits = list(_said(sentence))
        yield from hits
        for said, offset in in_sentence(sentence) if not hits else ():
            yield at(sentence, f"{said} cannot be.", offset)
    for table in document.tables:
        hits = list(_in_table(table))
        yield from hits
        for index, value in in_columns(document, table):
            row = table.rows[index]
            if row.line not in {hit.line for hit in hits}:
                message = f"{table.name}: {value.text} cannot be."
                yield Hit(row.line, message, quote=" | ".join(row.cells))


def _said(sentence: Sentence) -> Iterator[Hit]:
    """Quantities with known bounds in a sentence."""
    text = sentence.text
    for pattern in (_RATE_OF, _OF_RATE):
        for match in pattern.finditer(text):
            value, percent = float(match["n"]), bool(match["pc"])
            bound = 100 if percent else 1 if re.search(r"R²|R\^2", match["what"]) else None
            if bound is not None and value > bound:
                yield at(sentence, f"{match['what']} cannot be {match['n']}{match['pc'] or ''}.",
                         match.start())  # fmt: skip
    for match in _BOUNDED.finditer(text):
        value = printed(match["n"])
        if _other_sense(text, match):
            continue
        signed = match["p"] is None and not (match["what"] or "").startswith("prob")
        if value > 1 or value < (-1 if signed else 0):
            name = match["p"] or match["what"]
            yield at(sentence, f"{name.rstrip(' =')} {match['n']} is impossible.", match.start())
    for match in _PART_OF.finditer(text):
        if float(match["n"]) > 1:
            yield at(sentence, f"{match[0]} is more than all of it.", match.start())
    for match in _P_ZERO.finditer(text):
        yield at(sentence, f"p cannot be exactly {match['n']}.", match.start(), severity="minor",
                 fix="Give the bound: p < .001.")  # fmt: skip
    for match in _P.finditer(text):
        said = match["m"] or match["n"]
        if match["m"] or not 0 <= printed(said) <= 1:
            yield at(sentence, f"a p-value cannot be {'below ' if match['m'] else ''}{said}.",
                     match.start())  # fmt: skip
    for message, offset in _outside(text):
        yield at(sentence, message, offset)
    for what, said, offset in beyond(text):
        yield at(sentence, f"{what} cannot be {said}.", offset)


_NEGATIVE_SPREAD = re.compile(r"\d\s?%?\s?±\s?([-−]\s?\d*\.?\d+)")
_COUNT_AND_SHARE = re.compile(r"[\s*]*\d[\d,]*\s*\((\d+(?:\.\d+)?)\s?%\)[\s*]*")


def _shares_above(table: Table) -> Iterator[Hit]:
    """`346 (112.0%)` where every other such cell of the table has a share below its whole."""
    found = [
        (row, match)
        for row in table.rows
        for cell in row.cells[1:]
        if (match := _COUNT_AND_SHARE.fullmatch(cell))
    ]
    above = [(row, match) for row, match in found if float(match[1]) > 100]
    if len(found) >= 4 and len(above) == 1:
        row, match = above[0]
        message = f"{table.name}: a share of a whole cannot be {match[1]}%."
        yield Hit(row.line, message, quote=" | ".join(row.cells))


def _in_table(table: Table) -> Iterator[Hit]:
    """The same in cells and columns."""
    for row in table.rows:
        for cell in row.cells:
            for message, _ in _outside(cell):
                yield Hit(row.line, f"{table.name}: {message}", quote=" | ".join(row.cells))
    for row in table.rows:
        for cell in row.cells:
            if match := _NEGATIVE_SPREAD.search(cell):
                message = f"{table.name}: a spread cannot be {match[1]}."
                yield Hit(row.line, message, quote=" | ".join(row.cells))
    yield from _shares_above(table)
    for row, what, cell in spreads_below_zero(table):
        message = f"{table.name}: {what} cannot be {cell}."
        yield Hit(row.line, message, quote=" | ".join(row.cells))
    for index, name in enumerate(table.header):
        if re.search(rf"\b(?:{_RATE})\b", name, re.I) and not re.search(
            r"Δ|change|gain|relative|diff|±|[x×]|@", name, re.I
        ):
            yield from _column(table.name, index, name, table.rows)
        else:
            yield from _one_above(table, index)


def _column(table: str, index: int, name: str, rows: tuple) -> Iterator[Hit]:  # type: ignore[type-arg]
    for row in rows:
        value: Number | None = single(row.cells[index]) if index < len(row.cells) else None
        if value is None:
            continue
        if value.value > 100 or (value.value < 0 and not re.search(r"R²|R\^2|recover|expl", name)):
            yield Hit(
                row.line,
                f"{table}: {name} cannot be {row.cells[index]}.",
                quote=" | ".join(row.cells),
            )


RULES = (impossible_value,)
