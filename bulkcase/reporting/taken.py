"""Taking a report away: the files that bulkcase wrote, and nothing that a person changed or put beside them."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from bulkcase.errors import EnvironmentFailed
from bulkcase.reporting.files import WRITTEN, Written, clear_leftovers


def take_away(folder: Path, names: Collection[str], now: float) -> list[Path]:
    """Delete what bulkcase wrote into the folder of a report, and the folder where nothing stays in it.

    `names` are files that nobody edits, which go as they are; whatever is known by its hash goes where it still has
    it. Return what stays. `now`, in seconds since the epoch, tells what a writer left that was killed long ago. Raises
    EnvironmentFailed.
    """
    if folder.is_symlink() or not folder.is_dir():
        return []
    try:
        clear_leftovers(folder, now)
        for path in _own(folder, names):
            path.unlink()
        (folder / WRITTEN).unlink(missing_ok=True)
        for each in sorted((each for each in folder.rglob("*") if _is_folder(each)), reverse=True):
            # One that is not empty is not bulkcase's alone.
            with suppress(OSError):
                each.rmdir()
        stays = sorted(each for each in folder.rglob("*") if not _is_folder(each))
        # What is in a folder that cannot be read is known by that folder.
        stays = stays or sorted(folder.iterdir())
        if not stays:
            folder.rmdir()
    except OSError as error:
        raise EnvironmentFailed(
            f"{error.filename or folder}: {error.strerror}: it was not deleted, and no run was purged: see that its "
            "folder can be written, then do it again"
        ) from None
    return stays


def _is_folder(path: Path) -> bool:
    """Say whether it is a folder itself: a link to one is a thing that a person has put there."""
    return path.is_dir() and not path.is_symlink()


def _own(folder: Path, names: Collection[str]) -> Iterator[Path]:
    written = Written(folder)
    for name in dict.fromkeys((*names, *written.names)):
        path = folder / name
        if _is_file(folder, path) and (name in names or written.is_own(path)):
            yield path


def _is_file(folder: Path, path: Path) -> bool:
    """Say whether a file of a folder has this path; the list of hashes is a file that anybody may have written."""
    try:
        is_inside = ".." not in path.relative_to(folder).parts and path.resolve().is_relative_to(folder.resolve())
        return is_inside and path.is_file() and not path.is_symlink()
    except (OSError, RuntimeError, ValueError):  # a name that no file can have, or a link that leads to itself
        return False
