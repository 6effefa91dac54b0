"""Write clean and planted documents and the truth, for a critic to be run on."""

import argparse
import hashlib
import json
import shutil
import sys
from pathlib import Path

from ..documents import Document, documents
from ..split import Split
from .plant import CHECKABLE, Planted, kinds_of, plant


def case_name(document: str, kind: str, seed: int) -> str:
    """An opaque name: a critic that sees it learns nothing about the error."""
    return "c-" + hashlib.sha256(f"{document}/{kind}/{seed}".encode()).hexdigest()[:10]


def write(folder: Path, part: str, seeds: range) -> int:
    """Write `clean/`, `planted/` and `truth.json`; return the number of cases."""
    split = Split.read()
    cases = []
    for document in documents():
        for kind in kinds_of(document):
            if split.part(document.id, kind) != part:
                continue
            for seed in seeds:
                cases.append(_write_case(folder, document, plant(document, kind, seed)))
        if part == "held-out" or document.id not in split.documents:
            shutil.copytree(document.folder, folder / "clean" / document.id, dirs_exist_ok=True)
    truth = {"part": part, "seeds": [seeds.start, seeds.stop], "cases": cases}
    (folder / "truth.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n")
    return len(cases)


def _write_case(folder: Path, document: Document, planted: Planted) -> dict[str, object]:
    name = case_name(planted.document, planted.kind, planted.seed)
    target = folder / "planted" / name
    shutil.copytree(document.folder, target, dirs_exist_ok=True)
    for file, text in planted.texts.items():
        (target / file).write_text(text, encoding="utf-8")
    row = planted.model_dump(mode="json", exclude={"texts"})
    return {
        "case": name,
        "main": document.main,
        "author": document.author,
        "checkable": planted.kind in CHECKABLE,
        "lines": {file: text.count("\n") + 1 for file, text in planted.texts.items()},
        **row,
    }


def main() -> int:
    """Write the open part, or with --held-out the part for the final figure."""
    parser = argparse.ArgumentParser(
        prog="python -m mechmentor.evals.critique.planter",
        description="write clean documents, documents with one planted error, and the truth",
    )
    parser.add_argument("folder", type=Path, help="a new or empty folder")
    parser.add_argument("--held-out", action="store_true", help="only for the final figure")
    parser.add_argument("--seeds", type=int, default=1, help="plantings of each kind a document")
    options = parser.parse_args()
    if options.folder.exists() and any(options.folder.iterdir()):
        print(f"{options.folder} is not empty: name a new folder", file=sys.stderr)
        return 2
    options.folder.mkdir(parents=True, exist_ok=True)
    part = "held-out" if options.held_out else "open"
    count = write(options.folder, part, range(options.seeds))
    print(f"{count} cases ({part}) in {options.folder}; findings go beside truth.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
