"""Code that tries to get out, or to take the machine with it: each ends with a clear message."""

import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mechmentor.tools.study.sandbox import box as box_module
from mechmentor.tools.study.sandbox.box import LEVELS, Sandbox, SandboxError
from mechmentor.tools.study.sandbox.jobs import Job, Limits, Outcome

SECRET = "the-text-that-must-stay-out-of-reach"
SMALL = Limits(seconds=1.5, memory=1 << 28, output=1 << 14, disk=1 << 20, files=40)


@pytest.fixture(scope="module", params=LEVELS)
def box(request: pytest.FixtureRequest, need: object) -> Iterator[Sandbox]:
    if request.param == "bwrap":
        need("bwrap")  # type: ignore[operator]
    made = Sandbox(request.param, warm=False)
    try:
        made.start()
        if not made.run(Job((("probe", "def test_runs(): pass"),))).passed:
            raise SandboxError("does not run")
    except (SandboxError, OSError) as error:
        if request.param == "bwrap":
            raise
        pytest.skip(f"{request.param}: {error}")
    yield made
    made.close()


def attack(box: Sandbox, code: str, limits: Limits = SMALL) -> Outcome:
    outcome = box.run(Job((("yours", code),), limits=limits))
    # Whatever it did, the next run is served and knows nothing of it.
    after = "import os\ndef test_clean(): assert os.listdir('.') == []"
    assert box.run(Job((("yours", after),))).passed
    return outcome


def said(outcome: Outcome) -> str:
    return outcome.error + " ".join(t.message for t in outcome.tests) + outcome.output


def namespaces(box: Sandbox) -> bool:
    return box.level != "limits"


def test_network(box: Sandbox) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    code = f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 1)"
    assert "Operation not permitted" in said(attack(box, code))
    server.settimeout(0.05)
    with pytest.raises(TimeoutError):
        server.accept()
    server.close()


def test_home_and_files_of_others(box: Sandbox, tmp_path: Path) -> None:
    if not namespaces(box):
        pytest.skip("the level says that files can be read")
    (tmp_path / "secret").write_text(SECRET)
    for path in (tmp_path / "secret", Path.home() / ".bashrc", Path("/etc/passwd")):
        outcome = attack(box, f"print(open({str(path)!r}).read())")
        assert "FileNotFoundError" in outcome.error
        assert SECRET not in said(outcome)


def test_environment(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    with Sandbox(box.level, warm=False) as fresh:
        outcome = attack(fresh, "import os\nprint(dict(os.environ))")
    assert "PATH" in outcome.output
    assert SECRET not in outcome.output


def test_writing_outside(box: Sandbox) -> None:
    if not namespaces(box):
        pytest.skip("the level says so")
    code = """
        import os
        for folder in ("/", "/dev", "/dev/shm", "/usr", "/proc", os.path.dirname(os.__file__)):
            try:
                open(os.path.join(folder, "mark"), "w").write("x")
            except OSError as error:
                print(folder, type(error).__name__)
            else:
                print(folder, "WRITTEN")
        open("here", "w").write("x")
        """
    outcome = attack(box, dedent(code))
    assert "WRITTEN" not in outcome.output
    assert outcome.output.count("Error") == 6
    assert not outcome.error


def test_fork_bomb(box: Sandbox) -> None:
    before = len([p for p in os.listdir("/proc") if p.isdigit()])
    outcome = attack(box, "import os\nwhile True:\n    os.fork()")
    assert "Operation not permitted" in outcome.error
    assert len([p for p in os.listdir("/proc") if p.isdigit()]) < before + 50


def test_thread_bomb(box: Sandbox) -> None:
    code = "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(9,)).start()"
    outcome = attack(box, code)
    assert "threads" in outcome.error or "start new thread" in outcome.error


def test_memory(box: Sandbox) -> None:
    assert "MemoryError" in said(attack(box, "x = bytearray(1 << 33)"))
    grows = "x = []\nwhile True:\n    x.append(bytearray(1 << 24))"
    assert "MemoryError" in said(attack(box, grows))


def test_endless_loop(box: Sandbox) -> None:
    started = time.monotonic()
    outcome = attack(
        box, "while True:\n    try:\n        pass\n    except BaseException:\n        pass"
    )
    assert "endless loop" in outcome.error
    assert time.monotonic() - started < 10


def test_endless_sleep_that_ignores_signals(box: Sandbox) -> None:
    code = "import signal, time\nfor s in (1, 2, 15, 24):\n    signal.signal(s, signal.SIG_IGN)\ntime.sleep(99)"
    short = replace(SMALL, seconds=0.3)
    assert "stopped after" in attack(box, code, short).error


def test_output_flood(box: Sandbox) -> None:
    outcome = attack(box, "while True:\n    print('x' * 1000)")
    assert "KB of output" in outcome.error
    assert len(outcome.output) <= SMALL.output


def test_flood_of_the_report(box: Sandbox) -> None:
    outcome = attack(box, "import os\nwhile True:\n    os.write(3, b'{}\\n' * 1000)")
    assert "KB of output" in outcome.error


def test_disk_and_number_of_files(box: Sandbox) -> None:
    big = attack(box, "open('big', 'wb').write(bytes(1 << 23))")
    assert "OSError" in big.error or "crashed (SIGXFSZ)" in big.error
    many = attack(box, "for i in range(1000):\n    open(str(i), 'w').close()")
    if namespaces(box):
        assert "No space left" in many.error


def test_symlink(box: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    code = (
        f"import os\nos.symlink({str(tmp_path)!r}, 'link')\n"
        "print(os.path.exists('link/secret'))\n"
        "open('link/made', 'w').write('x')"
    )
    outcome = attack(box, code)
    assert (tmp_path / "secret").read_text() == SECRET  # cleaning up does not follow it either
    if namespaces(box):
        assert outcome.output.strip() == "False"
        assert not (tmp_path / "made").exists()


def test_signal_to_the_parent(box: Sandbox) -> None:
    code = "import os\nfor pid in (os.getppid(), 1, -1):\n    os.kill(pid, 9)"
    assert "Operation not permitted" in attack(box, code).error


def test_pickle(box: Sandbox) -> None:
    code = """
        import os, pickle
        class Bad:
            def __reduce__(self):
                return os.system, ("echo got in > mark",)
        print("status", pickle.loads(pickle.dumps(Bad())))
        print(os.path.exists("mark"))
        """
    outcome = attack(box, dedent(code).replace("os.system,", "__import__('os').system,"))
    assert "status 0" not in outcome.output
    assert "True" not in outcome.output


def test_subprocess(box: Sandbox) -> None:
    code = "import subprocess\nprint(subprocess.run(['/bin/sh', '-c', 'echo got in'], capture_output=True))"
    outcome = attack(box, code)
    assert "Operation not permitted" in outcome.error
    assert "got in" not in outcome.output


def test_exec_in_place(box: Sandbox) -> None:
    outcome = attack(box, "import os\nos.execv('/bin/sh', ['sh', '-c', 'echo got in'])")
    assert "Operation not permitted" in outcome.error


@pytest.mark.parametrize("call", ["fork()", "ptrace(16, 1, 0, 0)", "unshare(0x10000000)"])
def test_ctypes(box: Sandbox, call: str) -> None:
    code = (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        f"print(libc.{call}, ctypes.get_errno())"
    )
    assert attack(box, code).output.strip() == "-1 1"


def test_ctypes_mount_and_crash(box: Sandbox) -> None:
    code = "import ctypes\nprint(ctypes.CDLL(None).mount(b'tmpfs', b'/tmp', b'tmpfs', 0, None))"
    assert attack(box, code).output.strip() == "-1"
    assert "SIGSEGV" in attack(box, "import ctypes\nctypes.string_at(0)").error


def test_proc(box: Sandbox) -> None:
    if not namespaces(box):
        pytest.skip("the level says so")
    code = "import os\nprint(os.listdir('/proc'))\nprint(open('/proc/1/environ').read())"
    outcome = attack(box, code)
    assert outcome.output.strip() == "[]"
    assert "FileNotFoundError" in outcome.error


def test_open_file_descriptors(box: Sandbox) -> None:
    code = """
        import os
        found = []
        for number in range(4096):
            try:
                os.fstat(number)
            except OSError:
                continue
            found.append(number)
        print(found)
        """
    assert attack(box, dedent(code)).output.strip() == "[0, 1, 2, 3]"


def test_report_cannot_be_broken(box: Sandbox) -> None:
    code = "import os\nos.write(3, b'garbage\\n[1]\\n{\"test\": 5}\\n')\ndef test_wrong(): assert False"
    assert not attack(box, code).passed


@pytest.mark.parametrize(
    "end", ["raise SystemExit", "import os; os._exit(0)", "import os; os.abort()"]
)
def test_leaving_early_is_no_pass(box: Sandbox, end: str) -> None:
    outcome = attack(box, f"def test_a():\n    {end}")
    assert not outcome.passed
    assert said(outcome)


def test_nothing_is_left_for_the_next_run(box: Sandbox) -> None:
    attack(
        box, "import builtins, os\nbuiltins.mark = 1\nos.environ['MARK'] = '1'\nopen('mark', 'w')"
    )
    code = (
        "import builtins, os\n"
        "def test_clean():\n"
        "    assert not hasattr(builtins, 'mark') and 'MARK' not in os.environ\n"
    )
    assert box.run(Job((("yours", code),))).passed


def test_the_project_may_lie_below_tmp(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tmp_path.is_relative_to(tempfile.gettempdir())
    code = tmp_path / "checkout" / "sandbox"
    shutil.copytree(box_module._CODE, code)
    monkeypatch.setattr(box_module, "_CODE", code)
    with Sandbox(box.level, warm=False) as moved:
        assert not attack(moved, "open('here', 'w').write('x')").error


def test_two_threads_may_ask_at_once(box: Sandbox) -> None:
    found = []
    job = Job((("yours", "def test_a(): pass"),))
    threads = [threading.Thread(target=lambda: found.append(box.run(job).passed)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4


def dedent(code: str) -> str:
    import textwrap

    return textwrap.dedent(code)
