"""Files written so that a reader sees the old or the new one, and two processes do not lose each other's work."""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["lock_path", "locked", "write_bytes"]

_threads = threading.Lock()


def lock_path(path: Path) -> Path:
    """The lock of a file: in the folder for temporary files, so that none is left beside what is committed."""
    name = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:24]
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(tempfile.gettempdir()) / f"autolog-cassettes-{user}" / f"{name}.lock"


@contextmanager
def locked(path: Path) -> Generator[Path]:
    """Hold the lock of a file against other threads and processes; gives the lock file's path."""
    lock = lock_path(path)
    lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _threads, lock.open("a+b") as file:
        _acquire(file.fileno())
        try:
            yield lock
        finally:
            _release(file.fileno())


try:
    import fcntl
except ImportError:  # Windows
    import msvcrt
    import time

    def _acquire(descriptor: int) -> None:
        while True:
            try:
                os.lseek(descriptor, 0, os.SEEK_SET)
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
                return
            except OSError:  # it gives up after ten seconds
                time.sleep(0.05)

    def _release(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined,unused-ignore]
else:

    def _acquire(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _release(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes it private; a cassette is read by whoever reads the source.
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
