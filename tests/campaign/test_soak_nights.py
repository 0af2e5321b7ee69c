"""Many short runs of one job, every other one killed: what they leave behind."""

import pytest
from support.campaign import Campaign
from support.soak import to_be_repeated
from support.soak_nights import Nights

from bulkcase.sandbox import SandboxSettings

SLOW = "windows = []\nmax_in_flight = 2"
COMMAND = "python -m pytest -n0 tests/campaign/test_soak_nights.py"


@pytest.mark.fault("killed nights", "the same job night after night; every other one killed, at any moment")
def test_many_nights_with_kills_leave_nothing_behind_and_block_nobody(
    campaign: Campaign, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each undisturbed night ends well, the ledger grows evenly, and no lock, log or temporary file stays."""
    (campaign.folder / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(campaign.folder / "tmp"))
    settings, command = SandboxSettings(latency=(0.0, 0.05)), f"{COMMAND}{' --full' if campaign.is_full else ''}"
    read = 'read = "always"'
    with to_be_repeated(seed, command), campaign.scene(30, settings, snapshot=read, quota=SLOW) as scene:
        nights = Nights(scene, seed)
        count = campaign.size(6, 118)
        for night in range(count):
            nights.one(disturbed=night % 2 == 1)
        # The first one goes on with what a killed one has left, the second one has today's file.
        for _ in range(2):
            nights.one(disturbed=False)
        assert nights.kills > count / 8
        assert nights.lies == []
        assert nights.out_of_order() == []
        assert {case: scene.server.cases[case]["desc"] for case, _ in scene.rows} == dict(scene.rows)
        assert not any("Traceback" in ended.errors for ended in scene.ends)
        assert nights.left() == {"state": [".sqlite3"], "temporary": [], "home": [".json", ".lock"]}
        middle = len(nights.sizes) // 2
        first, second = nights.sizes[middle] - nights.sizes[0], nights.sizes[-1] - nights.sizes[middle]
        assert second <= 1.25 * first + 2**16
        campaign.keep(nights.proof(campaign.fault, campaign.how))
