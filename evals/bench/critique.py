"""Time of the linter on a draft of about 20 pages, made here so that everybody times the same."""

import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

_SENTENCES = (
    "We fit a linear probe on the residual stream of layer {n} and compare it with shuffled labels.",
    "On {m} held-out prompts the probe reaches an accuracy of 8{d}.4%, the majority baseline 5{d}.1%.",
    "Patching head {n} from the clean run into the corrupted run restores part of the difference (p = .0{d}1).",
    "The interval is a bootstrap over prompts, drawn {m} times with a fixed seed, as in Table {t}.",
    "A random direction of the same norm changes the reply rate from 4{d}% to 4{d}%.",
    "This does not show that the model uses the direction on prompts of another form [1, 2].",
)
WORDS_A_PAGE = 500


def draft(pages: int = 20) -> str:
    """A markdown draft: sections, paragraphs, a table every two pages, two references."""
    parts = [
        "# Abstract\n\nWe test whether a probe direction is used, because probes can mislead.\n"
    ]
    words = number = 0
    for page in range(pages):
        parts.append(f"\n## {page + 1} Results of part {page + 1}\n")
        words = 0
        while words < WORDS_A_PAGE:
            number += 1
            chosen = [s.format(n=number % 12, m=100 + number, d=number % 10, t=page // 2 + 1)
                      for s in _SENTENCES]  # fmt: skip
            parts.append("\n" + "\n".join(chosen) + "\n")
            words += sum(len(s.split()) for s in chosen)
        if page % 2 == 0:
            rows = "\n".join(f"| probe {i} | {80 + i}.{page % 10} | {200 + i} |" for i in range(6))
            parts.append(
                f"\nTable {page // 2 + 1}: Probes.\n\n| Probe | Acc | n |\n|---|---|---|\n{rows}\n"
            )
    parts.append(
        "\n## References\n\n[1] A. Roe. Probing in depth. 2021.\n\n[2] B. Doe. Patching. 2023.\n"
    )
    return "\n".join(parts)


def measure(pages: int = 20, rounds: int = 5) -> dict[str, float | int]:
    """Median seconds for reading and for the rules.

    Returns:
        `pages`, `words`, `findings`, `read_s`, `rules_s`, `total_s`, `cpu_s` (processor time of the
        same, which other programs do not lengthen), `first_s` (imports and compiled patterns
        included), `rounds`.
    """
    began = time.perf_counter()
    from ...tools.critique.document.read import read_draft
    from ...tools.critique.linter import lint

    reading, ruling, busy = [], [], []
    first = 0.0
    with TemporaryDirectory() as folder:
        path = Path(folder) / "draft.md"
        path.write_text(draft(pages), encoding="utf-8")
        for index in range(rounds):
            start, used = time.perf_counter(), time.process_time()
            document = read_draft(path)
            middle = time.perf_counter()
            report = lint(document)
            end = time.perf_counter()
            busy.append(time.process_time() - used)
            reading.append(middle - start)
            ruling.append(end - middle)
            if index == 0:
                first = end - began
    return {
        "pages": pages,
        "words": report.words,
        "findings": len(report.findings),
        "read_s": statistics.median(reading),
        "rules_s": statistics.median(ruling),
        "total_s": statistics.median(a + b for a, b in zip(reading, ruling, strict=True)),
        "cpu_s": statistics.median(busy),
        "first_s": first,
        "rounds": rounds,
    }
