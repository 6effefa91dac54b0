"""A number that stands elsewhere is not alone; one that is printed more coarsely does not count."""

import pytest

from mechmentor.tools.critique.document.read import read_text
from mechmentor.tools.critique.numbers.everywhere import everywhere
from mechmentor.tools.critique.numbers.values import numbers


@pytest.mark.parametrize(
    ("other", "there"),
    [
        ("It was 0.918 at noon.", True),
        ("It was 91.8% at noon.", True),
        ("| a | b |\n|---|---|\n| x | 0.9184 |", True),
        ("It was 0.92 at noon, and 918 came.", False),
        ("It was 0.734 at noon.", False),
    ],
)
def test_a_number_is_found_again(other: str, there: bool) -> None:
    document = read_text(f"The share is 0.918 of all.\n\n{other}\n")
    sentence = document.sentences[0]
    (number,) = numbers(sentence.text)
    assert everywhere(document).elsewhere(number, sentence.block) is there
