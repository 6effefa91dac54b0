"""What a forked run does to itself before strange code starts: namespaces, mounts, limits."""

import ctypes
import os
import resource
from pathlib import Path

from .jobs import Limits

_NEWNS, _NEWUSER, _NEWPID, _NEWIPC = 0x00020000, 0x10000000, 0x20000000, 0x08000000
_NOSUID, _NODEV, _REMOUNT, _BIND, _REC, _PRIVATE, _RDONLY = 2, 4, 32, 4096, 16384, 1 << 18, 1
_NOEXEC, _DETACH = 8, 2
_PR_SET_DUMPABLE, _PR_CAPBSET_DROP = 4, 24
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    words = [w.encode() or None for w in (source, target, kind)]
    _check(_libc().mount(*words, flags, data.encode() or None), f"mount {target}")


def new_namespaces(writable: str, limits: Limits) -> None:
    """Own user, process, mount and IPC namespaces; `writable` becomes a small fresh tmpfs.

    The caller must fork once more: only its children are in the new process namespace.

    Raises:
        OSError: If the kernel refuses one of them.
    """
    uid, gid = os.getuid(), os.getgid()
    _check(_libc().unshare(_NEWUSER | _NEWPID | _NEWNS | _NEWIPC), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    size = f"size={limits.disk},nr_inodes={limits.files},mode=700"
    _mount("tmpfs", writable, "tmpfs", _NOSUID | _NODEV, size)
    # Nothing of the outer process list is left to read.
    _mount("tmpfs", "/proc", "tmpfs", _NOSUID | _NODEV | _RDONLY, "size=4096")


def own_root(read_only: list[str], writable: str) -> None:
    """A root of read-only binds and one tmpfs: what bubblewrap does, for where it is missing.

    Raises:
        OSError: If the kernel refuses a mount.
    """
    new = "/tmp"
    _mount("none", "/", "", _REC | _PRIVATE)
    held = [path for path in read_only if Path(path).exists()]
    # Asked before the new root is mounted over /tmp: some of them may lie below it.
    folders = {path for path in held if Path(path).is_dir()}
    handles = {path: os.open(path, os.O_PATH) for path in held}
    devices = {f"/dev/{n}": os.open(f"/dev/{n}", os.O_PATH) for n in ("null", "zero", "urandom")}
    proc = os.open("/proc", os.O_PATH)
    _mount("tmpfs", new, "tmpfs", _NOSUID | _NODEV, "mode=755")
    for path, handle in {**handles, **devices}.items():
        place = Path(new + path)
        place.parent.mkdir(parents=True, exist_ok=True)
        if path in folders:
            place.mkdir(exist_ok=True)
        else:
            place.touch()
        _mount(f"/proc/self/fd/{handle}", str(place), "", _BIND | _REC)
        if path in handles:
            _mount("none", str(place), "", _REMOUNT | _BIND | _RDONLY | _kept_flags(str(place)))
    for link, target in (("lib", "usr/lib"), ("lib64", "usr/lib64"), ("bin", "usr/bin")):
        if not (Path(new) / link).exists():
            (Path(new) / link).symlink_to(target)
    for folder in ("proc", writable.lstrip("/"), "old"):
        (Path(new) / folder).mkdir(parents=True, exist_ok=True)
    _mount(f"/proc/self/fd/{proc}", f"{new}/proc", "", _BIND | _REC)
    for handle in (*handles.values(), *devices.values(), proc):
        os.close(handle)
    number = _PIVOT_ROOT[os.uname().machine]
    _check(_libc().syscall(number, new.encode(), f"{new}/old".encode()), "pivot_root")
    os.chdir("/")
    _check(_libc().umount2(b"/old", _DETACH), "umount old root")
    _mount("tmpfs", writable, "tmpfs", _NOSUID | _NODEV, "size=1m")
    _mount("none", "/", "", _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV)


def _kept_flags(path: str) -> int:
    """Flags that a remount in a user namespace must repeat."""
    flags = os.statvfs(path).f_flag
    pairs = ((os.ST_NOSUID, _NOSUID), (os.ST_NODEV, _NODEV), (os.ST_NOEXEC, _NOEXEC))
    return sum(mount for stat, mount in pairs if flags & stat)


def drop_privileges() -> None:
    """Give up every capability of the run's own user namespace, and hide from debuggers."""
    libc = _libc()
    for capability in range(64):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    _check(libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def set_limits(limits: Limits, used: int) -> None:
    """Resource limits of this process, whose address space already holds `used` bytes."""
    whole = max(1, int(limits.seconds + 1))
    for kind, value in (
        (resource.RLIMIT_CPU, whole),
        (resource.RLIMIT_AS, used + limits.memory),
        (resource.RLIMIT_FSIZE, limits.disk),
        (resource.RLIMIT_NOFILE, limits.descriptors),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):
            continue  # macOS refuses some of them; the clock still ends the run


def address_space() -> int:
    """Bytes of virtual memory that this process holds."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return 1 << 40
