"""Faults that the server itself makes, each in a scene of its own with what is promised of it."""

import pytest
from support.campaign import Campaign
from support.spoiled import Promise, as_parameters, job_for, keeps, retried, settings_for

from bulkcase.sandbox import Fault, SandboxSettings

TRIED_AGAIN = [
    Promise(Fault.SERVER_ERROR, "500, in a row", "failed", "http_500"),
    Promise(Fault.UNAVAILABLE, "503, in a row", "failed", "http_503"),
    Promise(Fault.DROP_BEFORE, "closed instead of an answer, nothing landed", "unknown", "connection_lost"),
    Promise(Fault.DROP_AFTER, "closed instead of an answer, landed", "unknown", "connection_lost"),
    Promise(Fault.HANG, "no answer ever, nothing landed", "unknown", "timeout"),
    Promise(Fault.HANG_AFTER, "no answer ever, landed", "unknown", "timeout"),
    Promise(Fault.GARBAGE, "200 with half the JSON, landed", "unknown", "answer_broken"),
]
FOR_GOOD = [
    Promise(Fault.HTML, "200 with a login page", "failed", "answer_html", tries=1),
    Promise(Fault.ERRORS, "200 with errors", "failed", "answer_errors", tries=1),
    Promise(Fault.OTHER_CASE, "200 with another case's _id", "failed", "answer_other_case", tries=1),
    Promise(Fault.NOT_JSON_OBJECT, "200 with a JSON list", "failed", "answer_not_a_case", tries=1),
    Promise(Fault.REFUSE, "412", "failed", "http_412", tries=1),
    Promise(Fault.REDIRECT, "302 to another host", "failed", "redirected", tries=1),
]


@pytest.mark.fault("500", "a third of the calls are answered with 500")
def test_errors_of_the_server_cost_no_row(campaign: Campaign) -> None:
    """A third of all calls end with 500, and all rows are updated in one run."""
    settings = SandboxSettings(faults={Fault.SERVER_ERROR: 0.33}, seed=8)
    with campaign.scene(campaign.size(60, 2000), settings, retry='attempts = 20\nmax_wait = "20ms"') as scene:
        assert scene.program().code == 0
        campaign.proved(scene)


@pytest.mark.parametrize("promise", as_parameters(TRIED_AGAIN))
def test_what_may_pass_is_tried_again_and_what_does_not_pass_is_told(campaign: Campaign, promise: Promise) -> None:
    """Rows that meet it once or twice are updated, one that meets it every time is told of, and goes well later."""
    rows = campaign.size(8, 200)
    with campaign.scene(rows, settings_for(promise, rows), **job_for(promise)) as scene:
        scene.program()
        keeps(promise, campaign, scene)
        if campaign.is_full or promise.fault is Fault.DROP_AFTER:
            retried(scene)


@pytest.mark.parametrize("promise", as_parameters(FOR_GOOD))
def test_what_no_retry_mends_fails_at_once(campaign: Campaign, promise: Promise) -> None:
    """Each row that meets it fails with one call and nothing landed, all others are updated, and later these too."""
    rows = campaign.size(8, 200)
    with campaign.scene(rows, settings_for(promise, rows), **job_for(promise)) as scene:
        scene.program()
        keeps(promise, campaign, scene)
        assert not any(call.applied for call in scene.calls if call.fault is not None)
        if campaign.is_full or promise.fault is Fault.HTML:
            retried(scene)
