"""Who else on this machine could read or change a file, by its owner and its mode; nothing is known of that on Windows.

A file that holds a secret is judged as ssh judges a key: one of this user's own must be for this user only, what
somebody else has put there is theirs to answer for. So what a container is handed works as it comes: a secret of
Kubernetes or Docker belongs to root and may be read by everybody (there is nobody else in a container), or lies in a
file system that cannot be written, where no mode could be mended.
"""

import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import Final

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def open_to_others(path: Path) -> str:
    """Return what is wrong with the mode of a file that holds a secret, and what to type; empty where nothing is.

    Raises OSError where it is not there.
    """
    if sys.platform == "win32":
        return ""
    found = path.stat()
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid != os.geteuid() or not mode & _OTHERS or not stat.S_ISREG(found.st_mode) or _is_fixed(path):
        return ""
    why = f"other users can get at the file (its mode is {mode:04o})"
    return f"{why}: chmod 600 {path}; where that has no effect, use env:"


def changed_by_others(path: Path) -> str:
    """Return how other users can change a file that has to be trusted, and what to type; empty where they cannot.

    A group that is nobody but this user, as many systems have one for each, is no other. A file that is not there, or
    lies in a file system that cannot be written, is changed by nobody.
    """
    if sys.platform == "win32":
        return ""
    try:
        if _is_fixed(path):
            return ""
        found, folder = path.stat(), path.absolute().parent.stat()
    except OSError:
        return ""
    if _is_writable(found):
        return f"other users can change it (its mode is {stat.S_IMODE(found.st_mode):04o}): chmod go-w {path}"
    if folder.st_mode & stat.S_IWOTH and not folder.st_mode & stat.S_ISVTX:
        return f"other users can put another one in its place: chmod o-w {path.absolute().parent}"
    return ""


def planted(path: Path) -> str:
    """Return whose a folder is that this user did not make; empty where nobody else can have put it there.

    A folder of another user in a place where everybody may write, or a link of theirs to any folder, would give them
    what is written into it. Raises OSError where it is not there.
    """
    if sys.platform == "win32" or os.geteuid() == 0:
        return ""
    found = path.lstat()
    if found.st_uid in {os.geteuid(), 0} or not path.absolute().parent.stat().st_mode & stat.S_IWOTH:
        return ""
    if not stat.S_ISLNK(found.st_mode) and _made_in(path) == found.st_uid:
        return ""  # a share that gives all files to one user
    return f"belongs to another user (id {found.st_uid})"


def _made_in(folder: Path) -> int | None:
    """Return whose a file is that this user makes in a folder; None where it cannot be made."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            return os.fstat(file.fileno()).st_uid
    except OSError:
        return None


def _is_writable(found: os.stat_result) -> bool:
    if sys.platform == "win32":
        return False
    is_own_group = found.st_uid == os.geteuid() and found.st_gid == os.getegid()
    return bool(found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and not is_own_group))


def _is_fixed(path: Path) -> bool:
    if sys.platform == "win32":
        return False
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
