"""The split is what its seed gives, and what is written for the open part is open."""

import json
from pathlib import Path

from mechmentor.evals.critique.documents import documents
from mechmentor.evals.critique.planter.__main__ import write
from mechmentor.evals.critique.split import SEED, Split, draw


def test_the_written_split_is_the_drawn_one() -> None:
    split = Split.read()
    assert split == draw(SEED)
    assert len(split.kinds) == 5
    drawn = [document for document in documents() if not document.added]
    assert abs(len(split.documents) - len(drawn) / 3) <= 1
    assert {one.id for one in documents() if one.added} == set(split.added)
    assert not set(split.added) & set(split.documents)


def test_what_is_written(tmp_path: Path) -> None:
    split = Split.read()
    number = write(tmp_path, "open", range(1))
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert len(truth["cases"]) == number > 80
    for case in truth["cases"]:
        assert case["document"] not in split.documents
        assert case["kind"] not in split.kinds
        assert case["kind"] not in case["case"]
        assert (tmp_path / "planted" / case["case"] / case["main"]).is_file()
    shown = {path.name for path in (tmp_path / "clean").iterdir()}
    assert shown == {document.id for document in documents()} - set(split.documents)
