"""The messages that a person can meet: all of them are listed and have been read, and keep the rules of the house."""

import inspect
import re
from typing import Final

import pytest
from support.messages import HOLE, PAGE, ROOMS, messages, page, texts_of

from bulkcase import causes, errors
from bulkcase.errors import BulkcaseError

PROBLEMS: Final = {
    name for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, BulkcaseError)
} - {"NotPlanned"}
"""The exceptions whose texts are whole problems; that one's says what stopped the reading, with its remedy."""
SYNONYMS: Final = {
    "row": r"\b(?:records?|tickets?|lines? of the spreadsheet)\b",
    "run": r"\b(?:job run|batch(?:es)?|executions?|tasks?)\b",
    "undo": r"\b(?:rollback|roll back|revert(?:ed|s)?)\b",
    "call": r"\b(?:API requests?|HTTP requests?|hits?)\b",
    "ledger": r"\b(?:data base|state file|history file)\b",
    "sandbox": r"\b(?:mock|simulator|dummy)\b",
    "duration": r"\b(?:timespan|time span)\b",
    "cannot": r"\b(?:can't|won't|doesn't|isn't|don't)\b",
    "failed": r"\b(?:oops|sorry|fatal|abort(?:ed|ing)?|illegal)\b",
}
"""The words of the house, and what nobody is to write in their place."""
WITHOUT_REMEDY: Final = {
    "{…}: is on a network drive ({…}), where {…}": "the last part has it",
    "the server does not show them ({…})": "a part: whoever needs the cases says what for, and what to do",
    "the server's answer holds no list of cases": "as above",
}
"""Problems that say nothing about what to do, each with the reason."""
SETTINGS_ALONE: Final[dict[str, str]] = {}
"""The same for settings of a job."""


def test_the_list_of_messages_is_current() -> None:
    """A message that is new or says something else is read in the list; tests/support/messages.py writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_room_that_tells_something_has_its_heading() -> None:
    """What stands under the last heading belongs to no room."""
    assert {one.room for one in messages()} - ROOMS.keys() <= {
        *("cells", "clock", "formulas", "garbage", "hidden", "logged", "model", "said", "stopping", "__main__"),
        *("frames", "proposing"),
    }


def test_no_text_escapes_the_list() -> None:
    """Whatever has words with blanks is found, be it in pieces or in a hole of another one."""
    source = """
def f(x):
    \"\"\"No message at all.\"\"\"
    assert x, "no message for people"
    raise JobError(f"{x}: one thing is wrong: {'do this about it' if x else x}" " at once")
"""
    assert texts_of(source) == [
        ("JobError", f"{HOLE}: one thing is wrong: {HOLE} at once"),
        ("JobError", "do this about it"),
    ]


def problems() -> list[str]:
    """Return the texts that are whole problems."""
    return sorted({one.text for one in messages() if one.error in PROBLEMS and not is_piece(one.text)})


def is_piece(text: str) -> bool:
    """Say whether a text is a part of another one: whole problems name a place, or begin with what they are about."""
    return not re.match(rf'^(?:"?{re.escape(HOLE)}|run |the |port |no |name |more |--|nothing|[a-z]+\.[a-z_]+: )', text)


def test_a_problem_says_what_to_do() -> None:
    """It stands behind a colon, or in the message that fills the last hole."""
    says = re.compile(r": |\?$")
    silent = [text for text in problems() if not says.search(text.removeprefix(f"{HOLE}: "))]
    assert sorted(silent) == sorted(WITHOUT_REMEDY)


def test_what_is_wrong_with_a_setting_says_what_it_has_to_be() -> None:
    """It must be or needs something, or the remedy stands behind a colon."""
    says = re.compile(r"\bmust\b|^(?:needs|may|would) |: |; |\?$")
    settings = {one.text for one in messages() if one.room == "job" and one.error == "ValueError"}
    assert sorted(text for text in settings if not says.search(text)) == sorted(SETTINGS_ALONE)


def test_a_problem_is_one_line_without_a_full_stop() -> None:
    """It may be followed by another one, or stand within a sentence."""
    assert [text for text in problems() if "\n" in text or text.endswith(".")] == []


def test_no_message_has_the_name_of_an_exception() -> None:
    """A person cannot know what a KeyError is."""
    named = [one.text for one in messages() if re.search(r"\b[A-Z]\w+(?:Error|Exception)\b", one.text)]
    assert named == []


@pytest.mark.parametrize(("word", "others"), SYNONYMS.items(), ids=list(SYNONYMS))
def test_the_words_are_those_of_the_house(word: str, others: str) -> None:
    """A thing has one name, and no message calls it otherwise."""
    assert [one.text for one in messages() if re.search(others, one.text, re.IGNORECASE)] == []


def test_a_tip_is_sentences() -> None:
    """What is to be done about a row stands alone, so that it begins and ends as a sentence does."""
    tips = [one.text for one in messages() if one.file == "causes.py"]
    assert tips
    assert [tip for tip in tips if not re.fullmatch(r"(?:[A-Z]|retry|bulkcase).*\.", tip)] == []
    assert all(causes.known(code) for code in ("bad_key", "http_404"))
