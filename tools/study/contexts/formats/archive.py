"""Archives read in memory, never unpacked to disk, with limits on what may come out of them."""

import gzip
import io
import posixpath
import tarfile
import zipfile
import zlib

from ..document import Unreadable

MAX_UNPACKED = 200 * 2**20
MAX_MEMBERS = 5000
_CHUNK = 2**20


def members(data: bytes, name: str) -> dict[str, bytes]:
    """Files of a .tar, .tar.gz, .zip or .gz archive by their path in it.

    Raises:
        Unreadable: If it is broken or unpacks to more than the limits.
    """
    try:
        if data[:2] == b"PK":
            return _zip(data, name)
        if data[:2] == b"\x1f\x8b":
            data = _read(gzip.GzipFile(fileobj=io.BytesIO(data)), MAX_UNPACKED, name)
        if tarfile.is_tarfile(io.BytesIO(data)):
            return _tar(data, name)
    except (OSError, EOFError, zipfile.BadZipFile, tarfile.TarError, zlib.error, RuntimeError,
            NotImplementedError) as error:  # fmt: skip
        raise Unreadable(f"{name} is a broken archive ({error}); download it again") from None
    return {name.removesuffix(".gz"): data}


def _zip(data: bytes, name: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = MAX_UNPACKED
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = [i for i in archive.infolist() if not i.is_dir()]
        if len(infos) > MAX_MEMBERS or sum(i.file_size for i in infos) > MAX_UNPACKED:
            raise _bomb(name)
        for info in infos:
            with archive.open(info) as member:
                found[_path(info.filename)] = content = _read(member, left, name)
            left -= len(content)
    return found


def _tar(data: bytes, name: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = MAX_UNPACKED
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for number, info in enumerate(archive):
            if number >= MAX_MEMBERS:
                raise _bomb(name)
            handle = archive.extractfile(info) if info.isfile() else None
            if handle is not None:
                found[_path(info.name)] = content = _read(handle, left, name)
                left -= len(content)
    return found


def _read(handle: object, limit: int, name: str) -> bytes:
    pieces, size = [], 0
    while piece := handle.read(_CHUNK):  # type: ignore[attr-defined]
        size += len(piece)
        if size > limit:
            raise _bomb(name)
        pieces.append(piece)
    return b"".join(pieces)


def _path(name: str) -> str:
    # Nothing is written under this name; it only has to stay inside the archive's own tree.
    return posixpath.normpath("/" + name.replace("\\", "/")).lstrip("/")


def _bomb(name: str) -> Unreadable:
    return Unreadable(
        f"{name} unpacks to more than {MAX_UNPACKED // 2**20} MB or {MAX_MEMBERS} files; "
        "unpack it yourself and add the folder or the file that you need"
    )
