"""When everybody pauses because the server is down or the network gone, and when a run gives up."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkcase.kore.breaker import Breaker
from bulkcase.kore.verdict import Kind, Verdict

PATIENCE, ATTEMPTS = 100.0, 3

OK = Verdict(Kind.ACCEPTED, 200)
REFUSED = Verdict(Kind.REFUSED, 412, "http_412", "no")
THROTTLED = Verdict(Kind.THROTTLED, 429, "rate_limited", "slow down")
CREDENTIALS = Verdict(Kind.CREDENTIALS, 401, "credentials_refused", "who are you")
BROKEN = Verdict(Kind.UNANSWERED, 200, "answer_broken", "no JSON")
GONE = Verdict(Kind.NOT_SENT, None, "not_connected", "connection refused")
LATE = Verdict(Kind.UNANSWERED, None, "timeout", "no answer in time")
LOST = Verdict(Kind.UNANSWERED, None, "connection_lost", "connection reset")
CUT_OFF = Verdict(Kind.UNANSWERED, None, "cut_off", "the run was ended")
BUSY_GATEWAY = Verdict(Kind.THROTTLED, 503, "rate_limited", "Rate limit for this API has been reached")
FAULT = Verdict(Kind.TRANSIENT, 500, "http_500", "Internal Server Error")
DOWN = Verdict(Kind.TRANSIENT, 503, "http_503", "busy")
DOWN_FOR = Verdict(Kind.TRANSIENT, 503, "http_503", "busy", wait=20.0)
DOWN_FOR_LONG = Verdict(Kind.TRANSIENT, 503, "http_503", "busy", wait=900.0)

CLOSED = float("-inf")


@dataclass(frozen=True)
class End:
    """How a call of a request ended, and when."""

    at: float
    request: str
    verdict: Verdict


@dataclass(frozen=True)
class Probe(End):
    """The same of a call that left as the probe."""


@dataclass(frozen=True)
class Story:
    """What happened, in order; until when everybody pauses then; whether it gave up at the last step."""

    steps: list[End]
    until: float
    gives_up: bool = False


def failures(verdict: Verdict, requests: str) -> list[End]:
    """Return a call for each letter, one a second, all of which end alike."""
    return [End(float(at), request, verdict) for at, request in enumerate(requests, 1)]


def probes(*ends: float, verdict: Verdict = GONE) -> list[End]:
    """Return failed probes that end at these times."""
    return [Probe(at, "a", verdict) for at in ends]


SOUND = End(0, "z", OK)
STORIES = {
    "nothing happened": Story([], CLOSED),
    "a server that cannot be reached opens it at once, for a second": Story([End(5, "a", GONE)], 6),
    "four different requests in a row may all be to blame": Story(failures(DOWN, "abcd"), CLOSED),
    "five different requests in a row are not": Story(failures(DOWN, "abcde"), 6),
    "timeouts count like failures": Story(failures(LATE, "abcde"), 6),
    "lost connections count like failures": Story(failures(LOST, "abcde"), 6),
    "failures of different kinds count together": Story([*failures(DOWN, "abc"), *failures(LATE, "xy")], 3),
    "one row that fails again and again never opens it": Story(failures(DOWN, "a" * 100), CLOSED),
    "four rows that fail again and again do not either": Story(failures(LATE, "abcd" * 50), CLOSED),
    "a sound answer in between starts the count anew": Story(
        [*failures(DOWN, "abcd"), End(5, "e", OK), *failures(DOWN, "efgh")], CLOSED
    ),
    "a refusal is a sound answer": Story([*failures(DOWN, "abcd"), End(5, "e", REFUSED), End(6, "f", DOWN)], CLOSED),
    "broken JSON is an answer, too": Story([*failures(DOWN, "abcd"), End(5, "e", BROKEN), End(6, "f", DOWN)], CLOSED),
    "broken JSON alone never opens it": Story(failures(BROKEN, "abcdefgh"), CLOSED),
    "what we cut off ourselves tells nothing": Story([*failures(CUT_OFF, "abcdefgh"), *failures(DOWN, "ijkl")], CLOSED),
    "a 500 is an answer of the application, whatever it is worth": Story(failures(FAULT, "abcdefgh"), CLOSED),
    "and tells that the server is back": Story([End(1, "a", GONE), Probe(2, "a", FAULT)], CLOSED),
    "a gateway that throttles is no outage": Story(failures(BUSY_GATEWAY, "abcdefgh"), CLOSED),
    "each failed probe doubles the pause": Story([SOUND, End(1, "a", GONE), *probes(2, 4)], 8),
    "up to a minute": Story([SOUND, End(0, "a", GONE), *probes(1, 3, 7, 15, 31, 63)], 123),
    "a late failure of a call from before tells nothing new": Story([End(1, "a", GONE), End(1.5, "b", GONE)], 2),
    "not even while a probe is in flight": Story([SOUND, *failures(DOWN, "abcde"), End(7, "f", DOWN)], 6),
    "a probe that is answered closes it": Story([End(1, "a", GONE), Probe(2, "a", OK)], CLOSED),
    "throttled is answered": Story([End(1, "a", GONE), Probe(2, "a", THROTTLED)], CLOSED),
    "refused credentials are an answer": Story([End(1, "a", GONE), Probe(2, "a", CREDENTIALS)], CLOSED),
    "an answer to a call from before closes it": Story([End(1, "a", GONE), End(1.5, "b", OK)], CLOSED),
    "after an answer the pauses start small again": Story(
        [SOUND, End(1, "a", GONE), *probes(2, 4), Probe(8, "a", OK), End(9, "b", GONE)], 10
    ),
    "after an answer five requests are needed again": Story(
        [*failures(DOWN, "abcde"), Probe(7, "a", OK), *failures(DOWN, "abcd")], CLOSED
    ),
    "a server that asks for more than the pause gets it": Story([*failures(DOWN_FOR, "abcde")], 25),
    "but never more than a minute": Story([*failures(DOWN_FOR_LONG, "abcde")], 65),
    "a probe that is cut off leaves the next one free to go": Story([End(1, "a", GONE), Probe(2, "a", CUT_OFF)], 2),
    "it waits as long as its patience lasts": Story([SOUND, End(0, "a", GONE), *probes(1, 50, 99)], 107),
    "and gives up at the first probe afterwards": Story([SOUND, End(0, "a", GONE), *probes(1, 50, 100)], 108, True),
    "patience starts anew with each outage": Story(
        [SOUND, End(0, "a", GONE), Probe(50, "a", OK), End(60, "a", GONE), *probes(110)], 112
    ),
    "a late failure of a call from before does not end patience": Story(
        [SOUND, *failures(DOWN, "abcde"), End(500, "f", DOWN)], 6
    ),
    "where nothing was ever answered, attempts are counted": Story([End(0, "a", GONE), *probes(1)], 3),
    "and three are enough": Story([End(0, "a", GONE), *probes(1, 3)], 7, True),
    "also for a server that fails everything": Story([*failures(DOWN, "abcde"), *probes(6, 8, verdict=DOWN)], 12, True),
    "the first calls of a crowd are one try": Story([End(0, letter, GONE) for letter in "abcdefgh"], 1),
}


def play(breaker: Breaker, steps: list[End]) -> list[bool]:
    """Play what happened; return after each step whether it was time to give up."""
    gave_up = []
    for step in steps:
        if isinstance(step, Probe):
            assert breaker.free_at <= step.at
            breaker.take()
            assert breaker.free_at == float("inf")
        assert breaker.leave(step.request) or not isinstance(step, Probe)
        gave_up.append(breaker.note(step.request, step.verdict, step.at))
    return gave_up


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_each_story_ends_as_it_says(story: Story) -> None:
    """It is open until the story's moment, or closed, and gives up at the last step or not at all."""
    breaker = Breaker(patience=PATIENCE, attempts=ATTEMPTS)
    gave_up = play(breaker, story.steps)

    assert breaker.until == breaker.free_at == story.until
    assert breaker.is_open is (story.until > CLOSED)
    assert bool(breaker.why) is breaker.is_open
    assert gave_up[-1:] == ([story.gives_up] if story.steps else [])
    assert not any(gave_up[:-1])


SAYINGS = [
    (GONE, "the server cannot be reached: 3 tries in 3 s (connection refused): check the network, connection.host"),
    (LATE, "the server does not answer: 3 tries in 3 s (no answer in time): check the network"),
    (DOWN, "the server fails: 3 tries in 3 s (busy): check the server"),
]


@pytest.mark.parametrize(("last", "says"), SAYINGS)
def test_giving_up_says_what_is_wrong_for_how_long_and_what_to_check(last: Verdict, says: str) -> None:
    """The words are those for the last failure, which may be of another kind than the first."""
    breaker = Breaker(patience=PATIENCE, attempts=ATTEMPTS)
    play(breaker, [End(0, "a", GONE), *probes(1), *probes(3, verdict=last)])

    assert breaker.lost_patience(3).startswith(says)


def test_of_all_that_have_a_slot_one_leaves() -> None:
    """Whoever comes first with a slot is the probe; a slot given back unused lets the next one take its place."""
    breaker = Breaker(patience=PATIENCE, attempts=ATTEMPTS)
    play(breaker, [End(0, "a", GONE)])
    assert not breaker.leave("had its slot before it opened")
    breaker.take()
    breaker.returned()
    assert not breaker.leave("without a slot")
    breaker.take()
    assert [breaker.leave(name) for name in "bcb"] == [True, False, False]
    breaker.returned()  # of c, which did not leave
    assert breaker.free_at == float("inf")
    breaker.gone("c")
    assert breaker.free_at == float("inf")
    breaker.gone("b")
    assert breaker.free_at == breaker.until == 1.0


@dataclass
class World:
    """Callers without discipline around a breaker, and a plain record of what the server said."""

    breaker: Breaker = field(default_factory=lambda: Breaker(patience=1e9, attempts=10**9))
    now: float = 0.0
    slots: int = 0
    in_flight: list[tuple[int, bool]] = field(default_factory=list)
    """Requests, and whether each left while it was open."""
    failing: list[tuple[int, Kind]] = field(default_factory=list)
    """What failed since the last sound answer, as far as it matters."""
    pausing_since: float = 0.0

    @property
    def is_down(self) -> bool:
        kinds = {kind for _, kind in self.failing}
        return Kind.NOT_SENT in kinds or len({request for request, _ in self.failing}) >= 5

    def take(self) -> None:
        if self.breaker.free_at <= self.now:
            assert not any(is_probe for _, is_probe in self.in_flight) or not self.is_down
            self.slots += 1
            self.breaker.take()

    def give_back(self) -> None:
        if self.slots:
            self.slots -= 1
            self.breaker.returned()

    def leave(self, request: int) -> None:
        if self.slots and all(request != other for other, _ in self.in_flight):
            self.slots -= 1
            if not self.breaker.leave(request):
                assert self.is_down, "nobody is held back while the server answers"
                self.breaker.returned()
                return
            if self.is_down:
                assert not any(is_probe for _, is_probe in self.in_flight), "one at a time"
                assert self.now >= self.pausing_since + 1.0, "not before the pause is over"
            self.in_flight.append((request, self.is_down))

    def end(self, verdict: Verdict | None) -> None:
        if not self.in_flight:
            return
        request, is_probe = self.in_flight.pop(0)
        if verdict is None:
            self.breaker.gone(request)
            return
        was_down = self.is_down
        self.breaker.note(request, verdict, self.now)
        if verdict.kind in {Kind.ACCEPTED, Kind.REFUSED}:
            self.failing.clear()
            self.in_flight = [(other, False) for other, _ in self.in_flight]
        else:
            self.failing.append((request, verdict.kind))
        if self.is_down and (is_probe or not was_down):
            self.pausing_since = self.now
        assert self.breaker.is_open is self.is_down


ACTIONS = st.one_of(
    st.tuples(st.just("take")),
    st.tuples(st.just("give back")),
    st.tuples(st.just("leave"), st.integers(0, 7)),
    st.tuples(st.just("end"), st.sampled_from([OK, REFUSED, GONE, DOWN, DOWN, LATE, LATE, None])),
    st.tuples(st.just("pass"), st.sampled_from([0.5, 1.0, 8.0, 60.0])),
)


@settings(max_examples=500)
@given(st.lists(ACTIONS, max_size=80))
def test_while_the_server_is_down_one_call_at_a_time_leaves(actions: list[tuple[object, ...]]) -> None:
    """Whatever callers do, it is open exactly while the plain record says so, and probes leave alone after a pause."""
    world = World()
    for what, *with_it in actions:
        if what == "take":
            world.take()
        elif what == "give back":
            world.give_back()
        elif what == "leave":
            world.leave(*with_it)  # type: ignore[arg-type]  # drawn to fit
        elif what == "end":
            world.end(*with_it)  # type: ignore[arg-type]
        else:
            world.now += with_it[0]  # type: ignore[operator]
    # However it went, nobody waits for ever: what is in flight ends, unused slots come back, and a slot is to be had.
    while world.in_flight:
        world.end(DOWN)
    while world.slots:
        world.give_back()
    assert world.breaker.free_at <= world.now + 60.0
