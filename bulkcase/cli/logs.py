"""The log of a command: words for people, or a JSON object a line for programs."""

import json
import logging
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson

from bulkcase.cli.console import LOG, err, escape, say
from bulkcase.logged import FOR_PROGRAMS, RUN, SILENT


class LogFormat(StrEnum):
    """In which form standard error tells what happens."""

    TEXT = "text"
    JSON = "json"


class TextHandler(logging.Handler):
    """Says what happens where everything is said that is no result."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record as one line."""
        say(escape(self.format(record)))


class JsonHandler(logging.Handler):
    """Writes each record to standard error as a JSON object on one line."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; that nobody reads it changes nothing of what is done."""
        err.write_line(self.format(record))


class JsonFormatter(logging.Formatter):
    """A record as a JSON object: time (UTC), level, logger, message, run_id, and the facts that came with it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record on one line; what is not known is left out."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if run_id := RUN.get():
            line["run_id"] = run_id
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line).decode()
        except TypeError:  # half a character, which UTF-8 cannot carry, or what only says what it is
            return json.dumps(line, default=str)


def log_to_stderr(verbose: bool, form: LogFormat = LogFormat.TEXT, *, quiet: bool = False) -> None:
    """Log what bulkcase does to standard error: with --verbose every call, else what a person should know.

    With --quiet a person is told what is not well, and a program what it is told without. As JSON, all else that is
    told on standard error becomes a line of the log.
    """
    is_json = form is LogFormat.JSON
    handler: logging.Handler = JsonHandler() if is_json else TextHandler()
    words = "%(asctime)s %(message)s" if verbose else "%(message)s"
    handler.setFormatter(JsonFormatter() if is_json else logging.Formatter(words))
    logger, root = logging.getLogger(LOG), logging.getLogger()
    logger.handlers = [handler]
    least = logging.WARNING if quiet and not is_json else logging.INFO
    logger.setLevel(logging.DEBUG if verbose else least)
    for name in FOR_PROGRAMS:
        logging.getLogger(name).setLevel(logging.NOTSET if is_json or verbose else SILENT)
    err.is_log = is_json
    # What other libraries or Python itself have to say is no other format in between.
    logger.propagate = not is_json
    root.handlers = [each for each in root.handlers if not isinstance(each, JsonHandler)] + [handler] * is_json
    logging.captureWarnings(is_json)
