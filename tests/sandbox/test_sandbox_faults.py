"""Whom a fault hits."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from bulkcase.sandbox.faults import Fault, FaultPicker

CHANCES = {Fault.UNAVAILABLE: 0.2, Fault.DROP_AFTER: 0.1}


def picker(
    *,
    chances: Mapping[Fault, float] | None = None,
    script: Sequence[Fault | None] = (),
    case_scripts: Mapping[str, Sequence[Fault | None]] | None = None,
    seed: int = 7,
) -> FaultPicker:
    return FaultPicker(chances=chances or {}, script=script, case_scripts=case_scripts or {}, seed=seed)


def test_a_script_is_used_up_in_order_of_arrival() -> None:
    """Each call takes the next fault of the script, a None lets one pass, and after its end all is well."""
    faults = picker(script=[Fault.HANG, None, Fault.HTML])
    assert [faults.pick(case) for case in "abcd"] == [Fault.HANG, None, Fault.HTML, None]


def test_the_script_of_a_case_comes_before_the_shared_one() -> None:
    """A call that is served by the script of its case leaves the shared script as it is."""
    faults = picker(script=[Fault.HTML], case_scripts={"a": [Fault.ERRORS]})
    assert [faults.pick(case) for case in "aaa"] == [Fault.ERRORS, Fault.HTML, None]


@given(order=st.permutations([case for case in "abcdefgh" for _ in range(5)]))
def test_concurrency_does_not_change_whom_chance_hits(order: list[str]) -> None:
    """However the calls of several cases mix, the nth call of a case has the same fate."""
    straight, mixed = picker(chances=CHANCES), picker(chances=CHANCES)
    expected = {case: [straight.pick(case) for _ in range(5)] for case in "abcdefgh"}
    fates: dict[str, list[Fault | None]] = {case: [] for case in expected}
    for case in order:
        fates[case].append(mixed.pick(case))
    assert fates == expected


def test_chance_hits_about_as_often_as_it_says() -> None:
    """Of twenty thousand calls each fault hits its share, within a tenth."""
    faults = picker(chances=CHANCES)
    picked = [faults.pick(f"ci-{number}") for number in range(20_000)]
    for fault, chance in CHANCES.items():
        assert abs(picked.count(fault) - 20_000 * chance) < 2_000 * chance


def test_each_call_of_a_case_has_its_own_chance() -> None:
    """A case that was hit once is not hit for ever, so that a retry can go well."""
    faults = picker(chances=CHANCES)
    assert {faults.pick("a") for _ in range(100)} == {None, *CHANCES}


def test_another_seed_hits_others() -> None:
    """The seed decides who is hit."""
    one, other = picker(chances=CHANCES, seed=1), picker(chances=CHANCES, seed=2)
    cases = [f"ci-{number}" for number in range(100)]
    assert [one.pick(case) for case in cases] != [other.pick(case) for case in cases]
