"""Values that cannot be."""

import re
from collections.abc import Iterator

from ..document.model import Document, Table
from ..rule import Hit, at, rule
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
    r"(?P<n>[-−–]?\d*\.?\d+)(?![\d%]|\s?%|[eE][-+−]?\d|\s?[×x·]\s?10)",
)
_PART_OF = re.compile(
    r"(?<![\w.])(?P<n>[01]\.\d\d+) of (?:the|its) (?:attention|probability|mass|variance|weight)\b"
)
# A test never gives exactly nothing: software prints 0 where it means less than it can print.
_P_ZERO = re.compile(r"(?<![\w])[pP]\s*=\s*(?P<n>0?\.0+|0)(?![\d.]\d|\d|\s?[×x·]|[eE]|\s?%)")
_P = re.compile(
    r"(?<![\w])P\s*=\s*(?P<n>[-−–]?\d*\.?\d+)(?![\d%]|\s?%|\s?[×x·]|[eE])|(?<![\w])[pP]\s*<\s*(?P<m>0(?:\.0+)?)(?!\.?\d)"
)


_BOUNDED_TABLE = re.compile(
    rf"\b(?:{_RATE}|correlations?|share|fraction|probabilit(?:y|ies)|overlap|cosine)\b", re.I
)


def _one_above(table: Table, index: int) -> Iterator[Hit]:
    """In a table of bounded values, the one cell of its column above the bound."""
    words = f"{table.header[index]} {table.caption.flat if table.caption else ''}"
    if not _BOUNDED_TABLE.search(words) or re.search(
        r"loss|nats|ratio|×|norm|bits|count", words, re.I
    ):
        return
    cells = [(row, single(row.cells[index])) for row in table.rows if index < len(row.cells)]
    values = [(row, value) for row, value in cells if value is not None and value.decimals > 0]
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
        "AUROC is 1.08 on the new set.",
        "| Probe | Accuracy (%) |\n|---|---|\n| ridge | 91.0 |\n| logistic | 109.4 |",
    ),
    quiet=(
        "The probe reaches an accuracy of 94%, up 120% from before.",
        "The effect was clear (p = .013) and the cosine similarity of 0.4 is high.",
        "The KL divergence is 0.3 and the log-likelihood is -0.3.",
        "| Probe | Accuracy (%) | Steps |\n|---|---|---|\n| ridge | 91.0 | 240 |",
        "Costs are 134% of last year's, 150% higher; we need 105% of the original compute.",
        "A probability of 1.3e-4 and one of 2 × 10⁻³, p = 0.0004 and p < 0.001.",
        "The log-probability is -1.3 and the score changes by -3 points; R² = -0.3 out of sample.",
        "Variance explained is -0.04 for the random subspace, and the correlation reaches −.15.",
        "The mean was 8.2 (SD = 1.4), the distance of 4 hops, a perplexity of 12.",
        "The accuracy of 120 probes was measured, and precision at 5 of 200.",
    ),
)
def impossible_value(document: Document) -> Iterator[Hit]:
    """Look at quantities with known bounds, in sentences and in columns."""
    for sentence in document.sentences:
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
            signed = match["p"] is None and not (match["what"] or "").startswith("prob")
            if value > 1 or value < (-1 if signed else 0):
                name = match["p"] or match["what"]
                yield at(
                    sentence, f"{name.rstrip(' =')} {match['n']} is impossible.", match.start()
                )
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
        for what, said, offset in beyond(text):
            yield at(sentence, f"{what} cannot be {said}.", offset)
    for table in document.tables:
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
