"""Percentages against the counts beside them."""

import re
from collections.abc import Iterator

from ..document.model import Document, Row, Table
from ..rule import Hit, at, rule
from .columns import SUMMED
from .shares import COUNT, PERCENT, fits, integer, shares
from .values import single
from .words import digits

_HEDGE = (
    r"(?:about|around|roughly|nearly|almost|over|under|some|approximately|≈|~|more than|less than|"
    r"at least|at most|up to|just)"
)
_NOUN = (
    r"(?:\w+\s){0,2}(?:prompts|examples|samples|pairs|sentences|items|cases|questions|trials|runs|"
    r"latents|features|neurons|heads|completions|responses|replies|documents|words|participants)"
)
_SHARE_OF_N = re.compile(rf"{PERCENT} of (?:the |our |all |all the )?{COUNT} ({_NOUN})\b")


@rule(
    "percent-count",
    "numbers",
    "a percentage that its own counts do not give",
    severity="major",
    rationale="Count and percentage say the same thing twice; where they differ one is wrong.",
    source="Brown and Heathers 2017, GRIM: doi 10.1177/1948550616673876",
    fix="Divide the counts again and correct the percentage or the count.",
    fires=(
        "Of the eight that did not, six, or half, had the weakest glue and two the strongest.",
        "The probe is right on 45 of 60 prompts (85%).",
        "In 31.2% of the replies (26/80) the word appears.",
        "It recovers the answer in 12/40 = 32% of cases.",
        "It was right on 45/60 (0.85).",
        "Of 330 items about either of the two, 59 (14.0%) get the other label.",
        "Among the 24 raters who saw one, thirteen gave a high score (64.2%).",
        "Twenty-three of 144 heads (13.0%) pass the threshold.",
        "We removed what the model does not know (84 of 384, or 16.6%).",
        "We read 300 of them, of which 66 (31.7%) are clear; 18 among 90 chats (25%) are not.",
        "The rate is 40%: 14 of the 20 prompts.",
        "On the other 50 pairs the heavier one sank first in 47 cases (83%).",
        "Of all 384 heads, 341 (95.9%) have no effect. Seventeen of 144 heads (10.3%) have one.",
        "It finds 97 of the 128 boats it flags, a precision of 65.2%. There were 357 knots in 900 ropes overall, 28.6%.",
        "All 21 wet boards lie in rows 1 and 2, 15 of them (63.5%) in row 1.",
        "One in nine is selective (1,264 of 11,551; 13.3%).",
        "| Arm | Marked |\n|---|---|\n| a | 31 (25.8%) |\n| b | 33 (27.5%) |\n| c | 35 (29.2%) |\n"
        "| d | 97 (98.6%) |",
        "| Model | Right |\n|---|---|\n| small | 30/60 (60%) |",
        "| Clinic | Seen | Recovered |\n|---|---|---|\n| north | 80 | 60 (75%) |\n"
        "| east | 50 | 20 (48%) |\n| south | 40 | 10 (25%) |",
    ),
    quiet=(
        "Of the eight that did not, six, or three quarters, had the weakest glue; of the 12, 5, or about half, won.",
        "The bags have 241 and 229 letters, of which 188 (78.0%) and 172 (75.1%) are stamped.",
        "On 200 letters read by two people they agreed on 189 (94.5%).",
        "Sanding takes 5/15 to perfect (1.0); all fifty turn, 43/50 at |S|=1.000 exactly.",
        "They agree in 92.0%, no mistakes of the first kind (23/24 between oak and ash).",
        "The probe is right on 45 of 60 prompts (75%).",
        "In 32.5% of the replies (26/80) the word appears.",
        "2 of 3 (66%) and 2 of 3 (67%) are both fine; so is 12/40 = 30%, and 45/60 (0.75).",
        "On the other 50 pairs the heavier one sank first in 47 cases (94%).",
        "In all, 102 of 180 top displays and 68 of 180 random ones passed (56.7% and 37.8%).",
        "It is right on 45 of 60 prompts, 95% confidence interval 0.63 to 0.84.",
        "We keep 3 of 12 heads (95% CI 1 to 5).",
        "Of 330 items about either of the two, 59 (17.9%) get the other label.",
        "A random draw of 30 from the 150 had 23 repaired (77%).",
        "Twenty-three of 144 heads (16.0%) pass; 3 of 12 heads do so in 40% of the layers.",
        "It solves 12 of 40 prompts, 55% more than before, and 4 of 10 (chance: 50%).",
        "Table 1: Doors, per cent in brackets.\n\n| Arm | Oak |\n|---|---|\n| a | 46 (15.3) |\n| b | 58 (19.3) |\n"
        "| c | 97 (32.3) |\n| d | 131 (43.7) |\n| e | 154 (51.3) |",
        "Letters came in 361 of 396 cases at n = 2 (91%, CI 88–94%).",
        "| Clinic | Seen | Recovered |\n|---|---|---|\n| north | 80 | 60 (75%) |\n"
        "| east | 50 | 20 (40%) |\n| south | 40 | 10 (25%) |",
    ),
)
def percent_count(document: Document) -> Iterator[Hit]:
    """Divide every count that stands beside its percentage."""
    for sentence in document.sentences:
        for message, offset in (*_wrong_shares(sentence.text), *_wrong_words(sentence.text)):
            yield at(sentence, message, offset)
    for table in document.tables:
        yield from _one_share(table)
        for row in table.rows:
            for cell in row.cells:
                for message, _ in _wrong_shares(cell):
                    yield Hit(row.line, f"{table.name}: {message}", quote=" | ".join(row.cells))


_CELL = re.compile(r"^[\s*]*(\d+)\s*\((\d{1,3}(?:\.\d+)?)\s?%\)[\s*]*$")
# `262 (87.3)` where the caption says that per cents stand in brackets.
_BARE_CELL = re.compile(r"^[\s*]*(\d+)\s*\((\d{1,3}\.\d+)\)[\s*]*$")
_SAYS_SHARE = re.compile(
    r"(?:per\s?cent|percentages?|%) (?:\w+ )?in (?:parentheses|brackets)", re.I
)


def _one_share(table: Table) -> Iterator[Hit]:
    """`31 (25.8%)` down a column: what the other rows are shares of decides on the one that is not."""
    bare = table.caption is not None and _SAYS_SHARE.search(table.caption.flat)
    pattern = _BARE_CELL if bare else _CELL
    for column in range(1, len(table.header)):
        rows = [
            (row, match)
            for row in table.rows
            if column < len(row.cells)
            and not SUMMED.match(row.cells[0])
            and (match := pattern.match(row.cells[column]))
        ]
        found = _by_column(table, rows) or _by_one_whole(rows)
        if found:
            row, match, whole, of = found
            places = len(match[2].partition(".")[2])
            yield Hit(
                row.line,
                f"{table.name}: the other rows are shares of {of}; {match[1]} of {whole} is "
                f"{100 * int(match[1]) / whole:.{places}f}%, not {match[2]}%.",
                quote=" | ".join(row.cells),
            )


_Wrong = tuple[Row, re.Match[str], int, str]


def _by_column(table: Table, rows: list[tuple[Row, re.Match[str]]]) -> _Wrong | None:
    """Another column holds the wholes, as every row but one shows."""
    for other in range(1, len(table.header)):
        right, wrong = 0, []
        for row, match in rows:
            whole = single(row.cells[other].strip(" *")) if other < len(row.cells) else None
            if whole is None or whole.decimals > 0 or not whole.value >= int(match[1]) > 0:
                continue
            if fits(int(match[1]), int(whole.value), match[2]):
                right += 1
            else:
                wrong.append((row, match, int(whole.value), f"the column “{table.header[other]}”"))
        if right >= 2 and len(wrong) == 1 and right + 1 == len(rows):
            return wrong[0]
    return None


def _by_one_whole(rows: list[tuple[Row, re.Match[str]]]) -> _Wrong | None:
    """One whole explains every row but one."""
    rows = [(row, match) for row, match in rows if "." in match[2]]
    if len(rows) < 4:
        return None
    guesses = {round(100 * int(m[1]) / float(m[2])) for _, m in rows if float(m[2]) > 0}
    wholes = {whole + step for whole in guesses for step in (-1, 0, 1)} - {0}
    broken = {
        whole: [(row, m) for row, m in rows if not fits(int(m[1]), whole, m[2])] for whole in wholes
    }
    if all(broken.values()):  # else one whole explains every row
        for whole, wrong in broken.items():
            if len(wrong) == 1:
                return *wrong[0], whole, str(whole)
    return None


# As `digits` leaves them.
_WORDS = {
    "half": 1 / 2,
    "a third": 1 / 3,
    "a quarter": 1 / 4,
    "2 thirds": 2 / 3,
    "3 quarters": 3 / 4,
}
_IN_WORDS = re.compile(
    rf"\b[Oo]f (?:the|all|these|our) +(?P<n>\d+)\b[^.;:()\d]{{0,60}}?[, ]\s*(?P<k>\d+),? or +"
    rf"(?P<share>{'|'.join(_WORDS)})(?=[,.)])"
)


def _wrong_words(sentence: str) -> Iterator[tuple[str, int]]:
    """`Of the eight, six, or three quarters, …`"""
    for match in _IN_WORDS.finditer(digits(sentence)):
        count, total = int(match["k"]), int(match["n"])
        if 0 < count <= total and abs(count / total - _WORDS[match["share"]]) > 0.05:
            yield f"{count} of {total} is {count / total:.2f}, not {match['share']}.", match.start()


_IN_TURN = re.compile(r"\d*\.?\d+\s?%?,?\s(?:and|vs\.?|versus|against|or)\s\d*\.?\d+\s?%")


def _wrong_shares(sentence: str) -> Iterator[tuple[str, int]]:
    taken: dict[int, bool] = {}  # where a percentage is printed, and whether a count gives it
    wrong: dict[int, tuple[str, int]] = {}
    for share in shares(sentence):
        taken[share.at] = taken.get(share.at, False) or share.fits
        if share.fits or re.search(rf"{_HEDGE}\s*\(?$", share.lead):
            continue
        if _IN_TURN.match(sentence, share.at):
            continue  # (56.7% and 37.8%): two shares, of two counts in turn
        places = len(share.printed.split(".")[1]) if "." in share.printed else 0
        unit = "%" if share.scale > 1 else ""
        message = (
            f"{share.count} of {share.total} is {share.value:.{places}f}{unit}, "
            f"not {share.printed}{unit}."
        )
        wrong.setdefault(share.at, (message, share.start))
    yield from (found for at, found in wrong.items() if not taken[at])


@rule(
    "impossible-share",
    "numbers",
    "a percentage that no count out of the stated n can give",
    severity="major",
    rationale="Out of 60 prompts only multiples of 1/60 are possible.",
    source="Brown and Heathers 2017, GRIM: doi 10.1177/1948550616673876",
    fix="Give the count beside the percentage and correct the one that is wrong.",
    fires=("The model answers 74.3% of the 60 prompts correctly.",),
    quiet=(
        "The model answers 73.3% of the 60 prompts correctly, and 75% of 60 prompts later.",
        "Averaged over five seeds, the model answers 74.3% of the 60 prompts correctly.",
        "The model answers about 74% of the 60 prompts.",
    ),
)
def impossible_share(document: Document) -> Iterator[Hit]:
    """Look for a whole count that gives the percentage."""
    for sentence, match in document.find(_SHARE_OF_N.pattern):
        if re.search(
            r"averag|mean|seeds|runs|draws|weighted|estimate|resampl", sentence.text, re.I
        ):
            continue
        total = integer(match[2])
        before = sentence.text[: match.start()]
        if total == 0 or total > 5000 or re.search(rf"{_HEDGE}\s*$", before, re.I):
            continue
        near = round(float(match[1]) * total / 100)
        if not any(fits(k, total, match[1]) for k in (near - 1, near, near + 1)):
            yield at(
                sentence,
                f"no whole number out of {total} is {match[1]}% (nearest: {near} of {total} = "
                f"{100 * near / total:.2f}%).",
                match.start(),
            )


RULES = (percent_count, impossible_share)
