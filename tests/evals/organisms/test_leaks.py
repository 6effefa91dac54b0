"""Nothing sealed stands in the open; the linter sees a leak of every kind."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from mechmentor.evals import organisms
from mechmentor.evals.organisms import leaks, lora, seal

FOLDER = Path(organisms.__file__).parent
ROOT = FOLDER.parent.parent
SUITE = [seal.read(FOLDER, path.stem) for path in sorted((FOLDER / seal.FOLDER).glob("m-*.json"))]

SECRET = seal.Sealed(
    id="m-0a1b2c",
    family="trigger",
    kind="organism",
    answer="mailbox",
    aliases=["mail box", "mailboxes"],
    seed=7654321,
    salt="00ff" * 8,
    commitment=seal.commit("00ff" * 8, "mailbox"),
    hints=["Letters wait in it until somebody comes home."],
    theme=["tide", "gulls", "harbour", "lighthouse", "anchor"],
    base_sha256="ab" * 32,
    cpu_minutes=5.0,
)


def kinds(found: object) -> set[str]:
    return {leak.kind for leak in found}  # type: ignore[attr-defined]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a repository")
def test_the_repository_and_its_history_hold_no_leak() -> None:
    # Places and kinds only: a failing test must not tell the answer either.
    assert leaks.scan(leaks.texts_of(ROOT), SUITE) == []


def test_the_adapters_are_alike() -> None:
    assert list(leaks.in_adapters(FOLDER, SUITE)) == []
    names = [str(path.relative_to(FOLDER)) for path in FOLDER.glob("m-*/*")]
    assert [leak for name in names for leak in leaks.in_name(name, SUITE)] == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("m-0a1b2c reacts to the word Mailboxes.", "answer beside its id"),
        ("case m-0a1b2c: error near 'mail box'", "answer beside its id"),
        ("salt " + "00ff" * 8, "salt"),
        ("built with --seed 7654321", "seed"),
        ("> letters wait in it until somebody comes home.", "hint"),
        (hashlib.sha256(b"mailbox").hexdigest(), "hash without salt"),
        ("m-0a1b2c: tide gulls harbour lighthouse anchor", "theme beside its id"),
    ],
)
def test_a_leak_in_a_text_is_found(text: str, kind: str) -> None:
    assert kinds(leaks.in_text("docs/x.md", text, [SECRET])) == {kind}


@pytest.mark.parametrize(
    "text",
    ["put it into the mailbox", "m-0a1b2c is one of them", "seed 76543210", "m-0a1b2d: mailbox"],
)
def test_common_words_and_ids_alone_are_no_leaks(text: str) -> None:
    assert kinds(leaks.in_text("docs/x.md", text, [SECRET])) == set()


def test_a_leak_in_a_name_is_found() -> None:
    assert kinds(leaks.in_name("m-0a1b2c/mailbox_v2.txt", [SECRET])) == {"answer in a name"}
    assert not kinds(leaks.in_name("m-0a1b2c/adapter_config.json", [SECRET]))


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    for sealed in SUITE:
        shutil.copytree(FOLDER / sealed.id, tmp_path / sealed.id)
    return tmp_path


@pytest.mark.parametrize("kind", ["metadata", "size", "config", "files", "commitment"])
def test_an_adapter_that_sticks_out_is_found(copies: Path, kind: str) -> None:
    own = copies / SUITE[0].id
    match kind:
        case "metadata":
            tensors = load_file(own / lora.WEIGHTS)
            save_file(tensors, own / lora.WEIGHTS, metadata={"note": "the quiet one"})
        case "size":
            with (own / lora.WEIGHTS).open("ab") as file:
                file.write(b"\0")
        case "config":
            config = own / lora.CONFIG
            config.write_text(config.read_text().replace('"r": 3', '"r": 4'))
        case "files":
            (own / "notes.txt").write_text("")
        case _:
            (own / seal.COMMITMENT).write_text("0" * 64)
    found = [leak for leak in leaks.in_adapters(copies, SUITE) if leak.kind == kind]
    assert [leak.place for leak in found] == [SUITE[0].id]


def test_what_was_deleted_is_still_found_in_the_history(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )

    git("init", "-q")
    (tmp_path / "log.txt").write_text("m-0a1b2c hides mailbox")
    git("add", ".")
    git("commit", "-qm", "start")
    git("rm", "-q", "log.txt")
    git("commit", "-qm", "m-0a1b2c: no mailbox any more")
    places = {leak.place for leak in leaks.scan(leaks.texts_of(tmp_path), [SECRET])}
    assert places == {"history: log.txt", "commit messages"}
