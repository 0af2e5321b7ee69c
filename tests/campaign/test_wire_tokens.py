"""Tokens that the server refuses in the middle, that expire, that may be used once; clocks that do not agree."""

import pytest
from support.campaign import Campaign, Scene
from support.spoiled import JOB, WINDOWS

from bulkcase.sandbox import Fault, SandboxSettings

AUTH = "[auth]\n"
ALONE = {**JOB, "quota": 'windows = ["40/500ms"]\nmax_in_flight = 1'}


def with_auth(scene: Scene, lines: str) -> None:
    """Add settings to the job's [auth]."""
    file = scene.folder / "job.toml"
    file.write_text(file.read_text("utf-8").replace(AUTH, AUTH + lines + "\n"), "utf-8")


def refusals(scene: Scene) -> int:
    """Return how many calls were refused for their token."""
    return sum(call.status == 401 for call in scene.calls)


@pytest.mark.fault("401", "in the middle, for four rows at once")
def test_a_token_that_is_refused_in_the_middle_is_made_anew(campaign: Campaign) -> None:
    """Each row that is refused once gets a fresh token, and all are updated by one call more."""
    rows = campaign.size(30, 1000)
    hit = {f"ci-{number:06d}": [Fault.UNAUTHORIZED] for number in range(10, 14)}
    settings = SandboxSettings(windows=WINDOWS, case_scripts=hit)
    with campaign.scene(rows, settings, **JOB) as scene:
        assert scene.program().code == 0, scene.ends[-1].errors
        assert len(scene.calls) == rows + 4
        campaign.proved(scene)


@pytest.mark.fault("401", "in the middle, for the fresh token too")
def test_credentials_that_are_withdrawn_stop_the_run_and_blame_no_row(campaign: Campaign) -> None:
    """After one fresh token the run stops with what to check, and the command that it names sends the rest."""
    settings = SandboxSettings(windows=WINDOWS, script=[*[None] * 5, *[Fault.UNAUTHORIZED] * 2])
    with campaign.scene(campaign.size(12, 200), settings, **ALONE) as scene:
        ended = scene.program()
        assert ended.code == 3, ended.errors
        assert "check the client id, the secret, the scope" in ended.errors
        assert scene.outcomes() == {"updated": 5, "pending": len(scene.rows) - 5}
        assert scene.program(*ended.goes_on_with).code == 0, scene.ends[-1].errors
        assert len(scene.calls) == len(scene.rows) + 2
        campaign.proved(scene)


@pytest.mark.fault("token", "expires every second or two, by a server whose clock is ahead")
def test_a_token_that_expires_in_the_middle_costs_no_row(campaign: Campaign) -> None:
    """Where tokens die sooner than was planned, each death costs a refusal and a fresh token, and no row."""
    settings = SandboxSettings(windows=WINDOWS, clock_ahead=28.0, latency=(0.05, 0.06))
    with campaign.scene(campaign.size(60, 600), settings, **ALONE) as scene:
        with_auth(scene, 'lifetime = "60s"')
        assert scene.program().code == 0, scene.ends[-1].errors
        campaign.proved(scene, struck=refusals(scene))


@pytest.mark.fault("token", "lives for half a minute, in a run of more than a minute", full=True)
def test_a_token_is_renewed_before_it_expires(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that looks at the end of a token's life strictly never sees one that is over."""
    monkeypatch.setattr("support.campaign.SECONDS", 200.0)
    settings = SandboxSettings(latency=(0.1, 0.1))
    with campaign.scene(750, settings, **{**JOB, "quota": "windows = []\nmax_in_flight = 1"}) as scene:
        with_auth(scene, 'lifetime = "60s"')
        assert scene.program().code == 0, scene.ends[-1].errors
        assert refusals(scene) == 0
        campaign.proved(scene, struck=3)


CLOCKS = [
    pytest.param(
        ahead, says, id=f"{ahead:+g}", marks=pytest.mark.fault("clocks", f"the server's is {abs(ahead):g} s {where}")
    )
    for ahead, says, where in ((120.0, "", "ahead"), (600.0, "behind", "ahead"), (-120.0, "ahead of", "behind"))
]


@pytest.mark.parametrize(("ahead", "says"), CLOCKS)
def test_clocks_that_do_not_agree_are_told_apart_from_bad_credentials(
    campaign: Campaign, ahead: float, says: str
) -> None:
    """A token's life bears two minutes, and beyond that a person is told whose clock is wrong, with no row blamed."""
    settings = SandboxSettings(windows=WINDOWS, clock_ahead=ahead)
    with campaign.scene(8, settings, **JOB) as scene:
        ended = scene.program()
        assert ended.code == (3 if says else 0), ended.errors
        if says:
            assert f"this machine's clock is {abs(ahead) / 60:.0f} min {says} the server's: set it" in ended.errors
        campaign.proved(scene, struck=1, outcomes={"pending": 8} if says else {"updated": 8})


@pytest.mark.fault("jti", "enforced, with calls that are lost, late and down")
def test_a_token_is_used_once_however_often_its_row_is_sent(campaign: Campaign) -> None:
    """Each retry has a token of its own, so the server that keeps them all sees none twice."""
    faults = dict.fromkeys((Fault.UNAVAILABLE, Fault.DROP_AFTER, Fault.RESET_BEFORE, Fault.HALF_BODY), 0.1)
    settings = SandboxSettings(windows=WINDOWS, faults=faults, seed=2, require_jti=True)
    job = {**JOB, "retry": 'attempts = 12\nmax_wait = "20ms"'}
    with campaign.scene(campaign.size(40, 1000), settings, **job) as scene:
        with_auth(scene, "jti = true")
        assert scene.program().code == 0, scene.ends[-1].errors
        assert refusals(scene) == 0
        campaign.proved(scene)


@pytest.mark.fault("jti", "enforced, and not known to the job")
def test_a_server_that_asks_for_jti_is_understood(campaign: Campaign) -> None:
    """Without it the run stops before a row is blamed, and goes on once the job has it."""
    settings = SandboxSettings(windows=WINDOWS, require_jti=True)
    with campaign.scene(8, settings, **JOB) as scene:
        ended = scene.program()
        assert ended.code == 3, ended.errors
        assert scene.outcomes() == {"pending": 8}
        with_auth(scene, "jti = true")
        assert scene.program(*ended.goes_on_with).code == 0, scene.ends[-1].errors
        campaign.proved(scene, struck=1)
