"""Numbers written as words, read as digits in the same place."""

import re

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_VALUE = {word: value for value, word in enumerate(_ONES)} | {
    word: 10 * value for value, word in enumerate(_TENS, start=2)
}
_SMALL = "|".join(sorted(_VALUE, key=len, reverse=True))
_WRITTEN = re.compile(
    rf"\b(?:(?P<tens>{'|'.join(_TENS)})[- ](?P<one>{'|'.join(_ONES[1:10])})|(?P<small>{_SMALL})"
    r"|(?P<hundred>(?:an?|one|two|three|four|five|six|seven|eight|nine) hundred))\b(?![-–]\w)",
    re.IGNORECASE,
)


def digits(text: str) -> str:
    """The text with `twenty-three` as `23`, as long as before, so that offsets stay.

    `one` stays a word where it is none of a count: it is mostly a pronoun.
    """
    return _WRITTEN.sub(_read, text)


def _read(match: re.Match[str]) -> str:
    if match["tens"]:
        value = _VALUE[match["tens"].lower()] + _VALUE[match["one"].lower()]
    elif match["hundred"]:
        word = match["hundred"].split()[0].lower()
        value = 100 * _VALUE.get(word, 1)
    else:
        value = _VALUE[match["small"].lower()]
        after = match.string[match.end() :]
        if value <= 1 and not re.match(r" (?:out )?of (?:the |all )?\d", after):
            return match[0]
    return str(value).rjust(len(match[0]))
