"""The log of a command: words for people, or a JSON object a line for programs."""

import json
import logging
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson

from bulkcase.cells import escaped
from bulkcase.cli.common.console import LOG, err, escape_lines, plain_json, say
from bulkcase.hidden import without_secrets
from bulkcase.logged import FOR_PROGRAMS, RUN, SILENT


class LogFormat(StrEnum):
    """In which form standard error tells what happens."""

    TEXT = "text"
    JSON = "json"


class TextHandler(logging.Handler):
    """Says what happens where everything is said that is no result."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record as one line, and what it has of a traceback below it."""
        say(escape_lines(self.format(record)))


class TextFormatter(logging.Formatter):
    """A record as a line for people: no message breaks it, no secret stands in it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record; only a traceback has lines of its own."""
        return without_secrets(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Return the line without what belongs below it."""
        record.message = escaped(record.message)
        return super().formatMessage(record)


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
            "message": without_secrets(record.getMessage()),
        }
        if run_id := RUN.get():
            line["run_id"] = run_id
        known = getattr(record, "facts", {})
        line |= {name: without_secrets(fact) if isinstance(fact, str) else fact for name, fact in known.items()}
        if record.exc_info:
            line["traceback"] = without_secrets(self.formatException(record.exc_info))
        try:
            told = orjson.dumps(line).decode()
        except TypeError:  # half a character, which UTF-8 cannot carry, or what only says what it is
            told = json.dumps(line, default=str)
        return plain_json(told)


def log_to_stderr(verbose: bool, form: LogFormat = LogFormat.TEXT, *, quiet: bool = False) -> None:
    """Log what bulkcase does to standard error: with --verbose every call, else what a person should know.

    With --quiet a person is told what is not well, and a program what it is told without. As JSON, all else that is
    told on standard error becomes a line of the log.
    """
    is_json = form is LogFormat.JSON
    handler: logging.Handler = JsonHandler() if is_json else TextHandler()
    words = "%(asctime)s %(message)s" if verbose else "%(message)s"
    handler.setFormatter(JsonFormatter() if is_json else TextFormatter(words))
    logger, root = logging.getLogger(LOG), logging.getLogger()
    logger.handlers = [handler]
    least = logging.WARNING if quiet and not is_json else logging.INFO
    logger.setLevel(logging.DEBUG if verbose else least)
    for name in FOR_PROGRAMS:
        logging.getLogger(name).setLevel(logging.NOTSET if is_json or verbose else SILENT)
    err.is_log = is_json
    # What other libraries or Python itself have to say is no other format in between, and as harmless on a terminal.
    logger.propagate = not is_json
    others = handler if is_json else _of_others(words)
    root.handlers = [each for each in root.handlers if not isinstance(each, JsonHandler | TextHandler)] + [others]
    logging.captureWarnings(is_json)


def _of_others(words: str) -> logging.Handler:
    """Return what says what is not of bulkcase, which has a handler of its own."""
    handler = TextHandler()
    handler.setFormatter(TextFormatter(words))
    handler.addFilter(lambda record: record.name.partition(".")[0] != LOG)
    return handler
