"""Whether live cases are read before anything is sent: where it is needed, or where it spares more than it costs. Pure.

    snapshot.read   the job needs it   pages                                   read
    any             any                any, and nothing is to be sent          no
    never                              any                                     no
    always                             any                                     yes
    auto            no                 any, and one case is to be sent         no
    auto            yes                any                                     yes
    auto            no                 unknown                                 no
    auto            no                 pages + what changes > what is sent     no
    auto            no                 else                                    yes

What changes is known from the last run of the job, as a share; where it is not, reading is taken to spare everything.
Without reading, each name of a live lookup costs a call too.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether live cases are read, and why."""

    read: bool
    why: str


@dataclass(frozen=True, slots=True)
class Question:
    """What the choice depends on."""

    setting: str
    """snapshot.read of the job."""
    need: str
    """What the job needs the live cases for; empty where it does not."""
    cases: int
    """Different cases that would be sent an update."""
    names: int = 0
    """Names whose objects a call each would find."""
    share: float | None = None
    """How much of such a job differed from the live cases the last time."""


def at_once(question: Question) -> Choice | None:
    """Return the choice that needs no call; None where the number of pages decides."""
    if question.setting == "never":
        return Choice(read=False, why='snapshot.read is "never"')
    if not question.cases:
        return Choice(read=False, why="nothing is to be sent")
    if question.need:
        return Choice(read=True, why=question.need)
    if question.setting == "always":
        return Choice(read=True, why='snapshot.read is "always"')
    if question.cases + question.names == 1:
        return Choice(read=False, why="one case costs one call either way")
    return None


def by_pages(question: Question, pages: int | None) -> Choice:
    """Return the choice for a list of so many pages; None where the server does not say how many there are."""
    if pages is None:
        return Choice(read=False, why="the server does not say how many pages of cases there are")
    share = question.share or 0.0
    without, reading = question.cases + question.names, pages + share * question.cases
    known = "" if question.share is None else f", of which {share:.1%} are likely to differ"
    facts = f"{_counted(pages, 'page')} to read against {_counted(question.cases, 'case')} to update{known}"
    return Choice(read=reading <= without, why=facts)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
