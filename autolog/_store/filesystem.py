"""Whether a file lies on a network file system, where SQLite's write-ahead log is not safe."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

NETWORK: Final = frozenset(
    {
        *("9p", "afs", "beegfs", "ceph", "cifs", "coda", "fuse.glusterfs", "fuse.s3fs", "fuse.sshfs"),
        *("gpfs", "lustre", "ncpfs", "nfs", "nfs4", "smb2", "smb3", "smbfs"),
    }
)
"""Names in the mount table. A write-ahead log needs shared memory between all writers (https://sqlite.org/wal.html)."""


def on_network(path: str, *, mounts: str = "/proc/self/mounts") -> bool:
    """Say whether the file's mount is one of :data:`NETWORK`; ``False`` where the system has no mount table."""
    try:
        with Path(mounts).open(encoding="utf-8", errors="surrogateescape") as lines:
            table = [line.split(" ") for line in lines]
    except OSError:
        return False
    real = os.path.realpath(path)
    best, kind = "", ""
    for fields in table:
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ").rstrip("/")
        if len(point) >= len(best) and (real == point or real.startswith(point + "/")):
            best, kind = point, fields[2]
    return kind in NETWORK
