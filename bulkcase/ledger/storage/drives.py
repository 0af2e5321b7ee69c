"""Network drives, where SQLite's write-ahead log does not work: it needs memory that all its users share."""

from collections.abc import Iterable
from pathlib import Path, PurePath, PureWindowsPath
from typing import Final, Protocol

import psutil

_NETWORK: Final = frozenset(
    {
        "afpfs",
        "afs",
        "auristorfs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "davfs",
        "glusterfs",
        "gpfs",
        "juicefs",
        "lustre",
        "ncp",
        "ncpfs",
        "nfs",
        "nfs3",
        "nfs4",
        "orangefs",
        "panfs",
        "pvfs2",
        "smb2",
        "smb3",
        "smbfs",
        "sshfs",
        "webdav",
        # In user space:
        "blobfuse2",
        "ceph-fuse",
        "curlftpfs",
        "gcsfuse",
        "goofys",
        "gvfsd-fuse",
        "mfs",
        "moosefs",
        "rclone",
        "s3fs",
        "smbnetfs",
        # A Mac does not tell which program is behind these; most are of the network:
        "fuse-t",
        "macfuse",
        "osxfuse",
    }
)
"""Names of file systems as the operating systems give them, after `fuse.` where they have it."""


class Partition(Protocol):
    """A mounted file system, as psutil describes it."""

    @property
    def mountpoint(self) -> str: ...
    @property
    def fstype(self) -> str: ...
    @property
    def opts(self) -> str: ...


def mounted() -> Iterable[Partition]:
    """Return what is mounted on this machine, later over earlier; nothing where it does not tell."""
    try:
        return psutil.disk_partitions(all=True)
    except (OSError, psutil.Error):
        return ()


def network_drive(folder: PurePath, partitions: Iterable[Partition]) -> str:
    """Return the kind of network drive that a folder lies on; empty where it lies on none.

    The folder is absolute, without symbolic links.
    """
    if isinstance(folder, PureWindowsPath) and _is_share(str(folder)):
        return "a network share"
    around = [one for one in partitions if folder.is_relative_to(one.mountpoint)]
    if not around:
        return ""
    # Of two on one mount point the later one is seen; max returns the first of equals.
    nearest = max(reversed(around), key=lambda one: len(type(folder)(one.mountpoint).parts))
    kind = nearest.fstype.lower()
    remote = "remote" in nearest.opts.split(",") or kind.removeprefix("fuse.") in _NETWORK
    return (nearest.fstype or "remote") if remote else ""


def network_drive_of(folder: Path) -> str:
    """Return the kind of network drive that an existing folder of this machine lies on; empty where it lies on none."""
    return network_drive(folder.resolve(), mounted())


def _is_share(path: str) -> bool:
    r"""Tell `\\server\share` and `\\?\UNC\server\share` from `C:` and `\\?\C:`."""
    return path.upper().startswith("\\\\?\\UNC\\") or (path.startswith("\\\\") and path[2:4] not in {"?\\", ".\\"})
