"""A system-call filter: no new processes, no programs, no sockets, no looking at others.

It needs no privilege and holds where namespaces are missing, so every level carries it.
"""

import ctypes
import errno
import platform
import struct

_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_DENIED = {
    "x86_64": {
        "fork": 57, "vfork": 58, "execve": 59, "execveat": 322, "socket": 41, "socketpair": 53,
        "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "mount": 165,
        "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308,
        "open_tree": 428, "move_mount": 429, "fsopen": 430, "mount_setattr": 442, "bpf": 321,
        "perf_event_open": 298, "userfaultfd": 323, "io_uring_setup": 425, "keyctl": 250,
        "add_key": 248, "request_key": 249, "kexec_load": 246, "init_module": 175,
        "finit_module": 313, "delete_module": 176, "reboot": 169, "swapon": 167, "kill": 62,
        "tkill": 200, "rt_sigqueueinfo": 129, "pidfd_open": 434, "pidfd_send_signal": 424,
        "tgkill": 234, "name_to_handle_at": 303, "open_by_handle_at": 304,
        "memfd_create": 319, "shmget": 29, "msgget": 68, "semget": 64, "setsid": 112,
    },
    "aarch64": {
        "execve": 221, "execveat": 281, "socket": 198, "socketpair": 199, "ptrace": 117,
        "process_vm_readv": 270, "process_vm_writev": 271, "mount": 40, "umount2": 39,
        "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268, "open_tree": 428,
        "move_mount": 429, "fsopen": 430, "mount_setattr": 442, "bpf": 280,
        "perf_event_open": 241, "userfaultfd": 282, "io_uring_setup": 425, "keyctl": 219,
        "add_key": 217, "request_key": 218, "kexec_load": 104, "init_module": 105,
        "finit_module": 273, "delete_module": 106, "reboot": 142, "swapon": 224, "kill": 129,
        "tkill": 130, "rt_sigqueueinfo": 138, "pidfd_open": 434, "pidfd_send_signal": 424,
        "tgkill": 131, "name_to_handle_at": 264, "open_by_handle_at": 265,
        "memfd_create": 279, "shmget": 194, "msgget": 186, "semget": 190, "setsid": 157,
    },
}  # fmt: skip
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435
_CLONE_THREAD = 0x00010000

_LOAD, _EQUAL, _BITS, _RETURN, _ABOVE = 0x20, 0x15, 0x45, 0x06, 0x35
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2


def supported() -> bool:
    """Whether this machine's architecture has a table here."""
    return platform.system() == "Linux" and platform.machine() in _AUDIT


def program(machine: str) -> bytes:
    """The filter as classic BPF: architecture, threads allowed, processes and the list refused."""
    refuse = _ERROR | errno.EPERM
    lines: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, _AUDIT[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        # Numbers with the x32 bit would pass a filter that lists the plain ones.
        (_ABOVE, 0, 1, 0x40000000),
        (_RETURN, 0, 0, refuse),
        # The C library falls back to clone, whose flags a filter can read.
        (_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _ERROR | errno.ENOSYS),
        (_EQUAL, 0, 4, _CLONE[machine]),
        (_LOAD, 0, 0, 16),
        (_BITS, 0, 1, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, refuse),
    ]
    for number in _DENIED[machine].values():
        lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, refuse)]
    lines.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def apply() -> None:
    """Install the filter in this process; it can't be taken off.

    Raises:
        OSError: If the kernel refuses.
    """
    code = program(platform.machine())
    libc = ctypes.CDLL(None, use_errno=True)
    text = ctypes.create_string_buffer(code, len(code))
    head = struct.pack("=H6xQ", len(code) // 8, ctypes.addressof(text))
    fprog = ctypes.create_string_buffer(head, len(head))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs was refused")
    if libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(fprog), 0, 0):
        raise OSError(ctypes.get_errno(), "the system-call filter was refused")
