"""Sections: extent and kind, from headings alone."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_KINDS = (
    ("abstract", r"abstract|tl;?\s*dr|(executive )?summary|overview|in short|at a glance|"
                 r"key (takeaways|findings|results)"),
    ("introduction", r"introduction|motivation|background and motivation"),
    ("related", r"(related|prior|previous) (work|research|literature).*|background|literature.*"),
    ("methods", r"(materials and )?methods?( and .*)?|methodology|(experimental )?set-?up|approach|"
                r"data(sets?)?( and .*)?|experiment(al)? (design|details)|model and data|procedure"),
    ("results", r"results?( and .*)?|experiments?|findings|evaluation|analysis|what we found"),
    ("limitations", r"(limits|limitations?|caveats|threats to validity|sources of error|"
                    r"what (this|we) (does|do|did) not .*|"
                    r"what (could|might|may) (be|go|have gone) wrong)( and .*)?"),
    ("discussion", r"discussion( and .*)?|interpretation|implications"),
    ("conclusion", r"conclusions?( and .*)?|closing( remarks)?|concluding remarks|"
                   r"take-?aways"),
    ("references", r"references|bibliography|works cited|literature cited|sources"),
    ("acknowledgements", r"acknowledge?ments?|author contributions|funding"),
    ("reproducibility", r"reproducib.*|(code|data)( and (code|data))? availability|code( and data)?"),
    ("appendix", r"(appendix|appendices|supplement).*"),
)  # fmt: skip
_NUMBER = re.compile(r"^\s*(?:Section\s+)?((?:\d+|[A-Z])(?:\.\d+)*)[.)]?\s+(?=\S)", re.IGNORECASE)


@dataclass(frozen=True)
class Section:
    """A heading and what follows it.

    Attributes:
        title: Its heading without markup.
        number: The number written before the title (`3.1`), or "".
        level: 1 for the highest.
        line: First document line.
        end: Last document line.
        kind: What the title says it is: `abstract`, `methods`, `references`, … or `other`.
    """

    title: str
    number: str
    level: int
    line: int
    end: int
    kind: str


def kind_of(title: str) -> str:
    """What a heading says its section is."""
    bare = _NUMBER.sub("", title).strip(" .:*").lower()
    for kind, pattern in _KINDS:
        if re.fullmatch(pattern, bare):
            return kind
    return "other"


def number_of(title: str) -> str:
    """The number that a heading carries, or "" (a lone letter needs a dot behind it)."""
    found = _NUMBER.match(title)
    if found is None or (found[1].isalpha() and not re.match(r"\s*[A-Z][.)]", title)):
        return ""
    return found[1]


def sections_of(headings: Iterable[tuple[str, int, int]], last: int) -> list[Section]:
    """The sections in order; each ends before the next heading of its level or above.

    Args:
        headings: Title, level and line of each.
        last: Last line of the document.
    """
    heads = list(headings)
    found = []
    for index, (title, level, line) in enumerate(heads):
        after = (start - 1 for _, other, start in heads[index + 1 :] if other <= level)
        end = next(after, last)
        found.append(Section(title, number_of(title), level, line, end, kind_of(title)))
    return found
