"""Clean write-ups are complete, and their arithmetic holds."""

import json
import re

import pytest

from mechmentor.evals.critique.documents import CORPUS, Document, documents

ALL = documents()
# Two shares in one bracket belong to two counts in turn.
SHARE = re.compile(r"([\d{},]+) of ([\d{},]+)\b[^().;|\d]{0,60}\((\d+\.\d)\\?%(?! (?:and|to) \d)")
SHARES = re.compile(
    r"([\d{},]+) (?:and|to) ([\d{},]+) of ([\d{},]+)\b[^().;|\d]{0,60}"
    r"\((\d+\.\d)\\?% (?:and|to) (\d+\.\d)\\?%"
)


def number(text: str) -> int:
    return int(re.sub(r"[{},]", "", text))


def test_every_folder_is_listed() -> None:
    assert {path.name for path in CORPUS.iterdir()} == {document.id for document in ALL}


def test_forms_are_mixed() -> None:
    assert {document.form for document in ALL} == {"markdown", "latex", "notebook", "html"}
    assert sum("\\input{" in document.texts()[document.main] for document in ALL) >= 2


@pytest.mark.parametrize("document", ALL, ids=lambda document: document.id)
def test_length_and_pictures(document: Document) -> None:
    texts = document.texts()
    prose = " ".join(text for file, text in texts.items() if not file.endswith(".bib"))
    if document.form == "notebook":
        cells = json.loads(texts[document.main])["cells"]
        prose = " ".join("".join(cell["source"]) for cell in cells)
    assert 650 <= len(prose.split()) <= 2400
    if document.author == "independent":
        return  # their writer named the figures and drew none
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)|src=\"([^\"]+)\"", prose)
    for pair in pictures:
        assert (document.folder / (pair[0] or pair[1])).is_file()
    for name in re.findall(r"\\includegraphics\[[^\]]*\]\{([^}]+)\}", prose):
        assert (document.folder / f"{name}.png").is_file()


@pytest.mark.parametrize("document", ALL, ids=lambda document: document.id)
def test_percentages_follow_from_their_counts(document: Document) -> None:
    for text in document.texts().values():
        found = SHARE.findall(text)
        for first, second, of, share, other in SHARES.findall(text):
            found += [(first, of, share), (second, of, other)]
        for count, of, share in found:
            assert abs(100 * number(count) / number(of) - float(share)) <= 0.0501, (count, of)


def test_the_percentage_check_sees_many_of_them() -> None:
    found = [SHARE.findall(text) for document in ALL for text in document.texts().values()]
    assert sum(map(len, found)) >= 30


@pytest.mark.parametrize(
    "document", [one for one in ALL if one.form == "latex"], ids=lambda document: document.id
)
def test_labels_and_keys_of_latex_are_defined_and_used(document: Document) -> None:
    whole = "\n".join(document.texts().values())
    labels = re.findall(r"\\label\{((?:fig|tab|sec):[^}]+)\}", whole)
    used = set(re.findall(r"\\(?:[Cc]|auto)?ref\{([^}]+)\}", whole))
    assert used <= set(labels)
    assert {label for label in labels if not label.startswith("sec:")} <= used
    cited = {
        key
        for keys in re.findall(r"\\cite[pt]?(?:\[[^]]*\])*\{([^}]+)\}", whole)
        for key in keys.split(",")
    }
    entries = re.findall(r"@\w+\{(\w+),|\\bibitem(?:\[[^]]*\])?\{(\w+)\}", whole)
    assert cited == {a or b for a, b in entries}
