"""The tape: append-only, chained, recovering from any torn tail, refusing any changed byte."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechmentor.agent.tape import (
    RunLocked,
    Tape,
    TapeError,
    check_chain,
    read,
    read_lines,
    without_times,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def write(folder: Path, count: int = 5) -> Path:
    with Tape(folder) as tape:
        for index in range(count):
            tape.append("note", text=f"line {index} – ünïcode", number=index / 3)
    return folder / "tape.jsonl"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.text("abcxyz", min_size=1, max_size=5), json_values, max_size=3),
        max_size=6,
    )
)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, bodies: list
) -> None:
    folder = tmp_path_factory.mktemp("run")
    with Tape(folder) as tape:
        for body in bodies:
            tape.append("note", body=body)
    if bodies:
        assert [r["body"] for r in read(folder / "tape.jsonl")] == bodies


def test_every_changed_byte_is_found_and_its_line_named(tmp_path: Path) -> None:
    path = write(tmp_path)
    blob = path.read_bytes()
    for position in range(0, len(blob) - 1, 5):
        if blob[position] == ord("\n"):
            continue  # joins two lines; tested with the torn tail
        changed = bytearray(blob)
        changed[position] ^= 1
        path.write_bytes(bytes(changed))
        broken = check_chain(read_lines(path)[0])
        at = blob[:position].count(b"\n") + 1
        assert broken is not None
        assert broken.line == at


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 400))
def test_a_torn_tail_is_cut_and_writing_goes_on(
    tmp_path_factory: pytest.TempPathFactory, torn: int
) -> None:
    folder = tmp_path_factory.mktemp("run")
    path = write(folder)
    whole = path.read_bytes()
    path.write_bytes(whole[: max(0, len(whole) - torn)])
    with Tape(folder) as tape:
        kept = len(tape.records)
        tape.append("note", text="after")
    records = read(path)
    assert len(records) == kept + 1
    assert records[-1]["text"] == "after"


def test_a_corrupt_line_in_the_middle_is_refused_by_name(tmp_path: Path) -> None:
    path = write(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = b"{not json}\n"
    path.write_bytes(b"".join(lines))
    with pytest.raises(TapeError, match="line 3"):
        Tape(tmp_path)


def test_two_processes_cannot_write_one_run(tmp_path: Path) -> None:
    with Tape(tmp_path), pytest.raises(RunLocked, match="another process"):
        Tape(tmp_path)
    Tape(tmp_path).close()


def test_not_a_number_never_reaches_the_tape(tmp_path: Path) -> None:
    with Tape(tmp_path) as tape, pytest.raises(ValueError, match="JSON"):
        tape.append("end", value=float("nan"))


def test_a_folder_without_a_tape_is_named(tmp_path: Path) -> None:
    with pytest.raises(TapeError, match="is it a run folder"):
        read(tmp_path / "tape.jsonl")


def test_without_times_drops_only_times_and_what_is_hashed_over_them() -> None:
    record = {"seq": 1, "time": 2.0, "prev": "x", "data": {"seconds": 3, "value": 4}}
    assert without_times([record]) == [{"seq": 1, "data": {"value": 4}}]
    assert json.dumps(record)  # the original is left alone
