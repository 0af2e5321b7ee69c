"""Where this user has agreed to send, and with which secrets: asked once, remembered for this user alone.

It lies in the user's own folder and nowhere that a job names: a job that brings its own memory along would agree with
itself.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import orjson
import platformdirs

from bulkcase.errors import EnvironmentFailed
from bulkcase.job.destinations import Destination
from bulkcase.reporting.files import make_folder, whole_file

_log = logging.getLogger(__name__)


def agreed_file() -> Path:
    """Return the file that remembers; `--state`, BULKCASE_STATE and `[state]` have no say in it."""
    return platformdirs.user_state_path("bulkcase") / "agreed.json"


class Agreed:
    """What was agreed to; `file` says where that is kept."""

    def __init__(self, file: Callable[[], Path] = agreed_file) -> None:
        self._file = file

    def new(self, found: Iterable[Destination]) -> Sequence[Destination]:
        """Return those that nobody has agreed to; all of them where it cannot be read."""
        known = self._known()
        return [one for one in found if one.trusted not in known]

    def note(self, found: Iterable[Destination]) -> None:
        """Remember that a person agreed; where that cannot be written, they are asked again, and told so now."""
        path = self._file()
        every = sorted(self._known() | {one.trusted for one in found})
        try:
            make_folder(path.parent)
            with whole_file(path, None) as file:
                file.write(orjson.dumps(every, option=orjson.OPT_INDENT_2))
        except EnvironmentFailed:
            _log.warning("%s: cannot be written: you will be asked again where to send", path)

    def _known(self) -> set[str]:
        try:
            found = orjson.loads(self._file().read_bytes())
        except (OSError, ValueError):
            return set()
        return {one for one in found if isinstance(one, str)} if isinstance(found, list) else set()
