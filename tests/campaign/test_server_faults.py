"""Faults that the server itself makes, each hitting many calls of a run."""

import pytest
from support.campaign import Campaign

from bulkcase.sandbox import Fault, SandboxSettings


@pytest.mark.fault("500", "a third of the calls are answered with 500")
def test_errors_of_the_server_cost_no_row(campaign: Campaign) -> None:
    """A third of all calls end with 500, and all rows are updated in one run."""
    settings = SandboxSettings(faults={Fault.SERVER_ERROR: 0.33}, seed=8)
    with campaign.scene(campaign.size(60, 2000), settings, retry='attempts = 20\nmax_wait = "20ms"') as scene:
        assert scene.program().code == 0
        campaign.proved(scene)
