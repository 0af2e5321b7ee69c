from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import NamedTuple

import psutil
import pytest

from bulkcase.errors import LedgerError
from bulkcase.ledger import Ledger
from bulkcase.ledger.storage import drives


class Mount(NamedTuple):
    mountpoint: str
    fstype: str
    opts: str = "rw,relatime"


UNIX = [
    Mount("/", "ext4"),
    Mount("/proc", "proc"),
    Mount("/home", "autofs"),
    Mount("/home/ops", "nfs4"),
    Mount("/home/ops/scratch", "xfs"),
    Mount("/mnt/a b", "cifs"),
    Mount("/mnt/over", "ext4"),
    Mount("/mnt/over", "nfs"),
    Mount("/mnt/back", "nfs"),
    Mount("/mnt/back", "ext4"),
    Mount("/run/user/0/gvfs", "fuse.gvfsd-fuse"),
    Mount("/Volumes/Team", "smbfs"),
    Mount("/Volumes/Mac", "apfs"),
    Mount("/mnt/ntfs", "fuseblk"),
    Mount("/mnt/overlay", "overlay"),
    Mount("/data", "tmpfs"),
    Mount("/srv/deep", "nfs"),
    Mount("/srv", "ext4"),
]
WINDOWS = [
    Mount("C:\\", "NTFS", "rw,fixed"),
    Mount("Z:\\", "NTFS", "rw,remote"),
    Mount("Y:\\", "", "remote"),
    Mount("E:\\", "", "cdrom"),
]
OF_THE_NETWORK = (
    "nfs nfs4 cifs smb2 smb3 smbfs afs ncpfs ceph lustre beegfs gpfs davfs webdav afpfs macfuse osxfuse fuse.sshfs"
    " fuse.glusterfs fuse.rclone fuse.s3fs fuse.ceph-fuse NFS4 CIFS"
)
OF_THIS_MACHINE = (
    "ext4 xfs btrfs zfs apfs hfs NTFS ntfs3 vfat tmpfs overlay fuseblk fuse.lxcfs fuse-overlayfs fuse.gocryptfs"
    " bcachefs f2fs ramfs ecryptfs 9p virtiofs"
)


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", ""),
        ("/var/lib/bulkcase", ""),
        ("/home", ""),
        ("/home/ops", "nfs4"),
        ("/home/ops/.local/state/bulkcase", "nfs4"),
        ("/home/opsman/.local", ""),
        ("/home/ops/scratch/state", ""),
        ("/mnt/a b/state", "cifs"),
        ("/mnt/over/state", "nfs"),
        ("/mnt/back/state", ""),
        ("/run/user/0/gvfs/x", "fuse.gvfsd-fuse"),
        ("/Volumes/Team/state", "smbfs"),
        ("/Volumes/Mac/state", ""),
        ("/mnt/ntfs/state", ""),
        ("/mnt/overlay", ""),
        ("/data/state", ""),
        ("/srv/deep/state", "nfs"),
        ("/srv/state", ""),
    ],
)
def test_a_folder_is_where_its_nearest_mount_says(folder: str, kind: str) -> None:
    """Of the file systems around a folder the nearest one counts, and of two at one place the later one."""
    assert drives.network_drive(PurePosixPath(folder), UNIX) == kind


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        (r"C:\Users\ops", ""),
        (r"z:\state", "NTFS"),
        (r"Y:\state", "remote"),
        (r"E:\state", ""),
        (r"\\server\share\state", "a network share"),
        (r"\\?\UNC\server\share\state", "a network share"),
        (r"\\?\unc\server\share\state", "a network share"),
        (r"\\?\C:\state", ""),
        (r"\\.\C:\state", ""),
    ],
)
def test_windows_says_it_in_its_own_way(folder: str, kind: str) -> None:
    """A share is one by its path, and a drive letter by what the system says of it."""
    assert drives.network_drive(PureWindowsPath(folder), WINDOWS) == kind


@pytest.mark.parametrize("fstype", OF_THE_NETWORK.split())
def test_a_file_system_of_the_network_is_known(fstype: str) -> None:
    """Each kind is known by its name, as it is named by the system that has it."""
    assert drives.network_drive(PurePosixPath("/mnt/x/y"), [Mount("/", "ext4"), Mount("/mnt/x", fstype)]) == fstype


@pytest.mark.parametrize("fstype", OF_THIS_MACHINE.split())
def test_a_file_system_of_this_machine_is_fine(fstype: str) -> None:
    """What lies on a disk of this machine, or of the one that it runs in, is let be."""
    assert drives.network_drive(PurePosixPath("/mnt/x/y"), [Mount("/mnt/x", fstype)]) == ""


def test_nothing_known_is_nothing_against_it() -> None:
    """Where no mount is around a folder, it is taken for a local one."""
    assert drives.network_drive(PurePath("/state"), []) == ""


def test_this_machine_tells_what_it_has_mounted(tmpfs: Path) -> None:
    """The mounts are those of the moment, with those that are no disks."""
    assert (str(tmpfs), "tmpfs") in {(one.mountpoint, one.fstype) for one in drives.mounted()}


@pytest.mark.parametrize("error", [FileNotFoundError(2, "no /proc"), psutil.AccessDenied()])
def test_a_machine_that_does_not_tell_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Where the mounts cannot be listed, as in some containers, a ledger is opened all the same."""

    def refuse(*, all: bool) -> None:  # noqa: A002 - psutil's word
        raise error

    monkeypatch.setattr(psutil, "disk_partitions", refuse)
    Ledger(tmp_path / "ledger.sqlite3").__exit__()


def test_a_ledger_on_a_network_drive_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether its folder is there, is new, or is reached by a link, no ledger is made and the message says where to."""
    drive = tmp_path / "drive"
    drive.mkdir()
    (tmp_path / "link").symlink_to(drive)
    monkeypatch.setattr(drives, "mounted", lambda: [Mount("/", "ext4"), Mount(str(drive.resolve()), "nfs4")])
    for folder in (drive, drive / "state" / "sandbox", tmp_path / "link" / "other"):
        path = folder / "ledger.sqlite3"
        with pytest.raises(LedgerError) as raised:
            Ledger(path)
        assert raised.value.problems == (
            f"{path}: is on a network drive (nfs4), where SQLite's WAL does not work: name a local folder with --state",
        )
        assert raised.value.exit_code == 6
        assert not path.exists()
    Ledger(tmp_path / "driven" / "ledger.sqlite3").__exit__()
