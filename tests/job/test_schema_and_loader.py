"""The JSON Schema of the job file takes what the loader takes, and hardly anything else."""

import ast
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.job_schema import JOB, changed, faults, is_loaded, is_valid, whole

from bulkcase.job.described import KEYS

TOP = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("conection", {"host": "sandbox"}),
        ("connection.hots", "sandbox"),
        ("connection.host", 1),
        ("connection.host", "https://kore.example.com/path"),
        ("connection.stream_id", "st 1"),
        ("connection.account_id", 6639),
        ("connection.timeout", "30"),
        ("connection.timeout", "0s"),
        ("connection.timeout", 30),
        ("connection.extra_headers", {"X Team": "ops"}),
        ("connection.proxy", "proxy.example.com"),
        ("connection.proxy", "env: "),
        ("auth", {"client_id": "cs-1"}),
        ("auth.token", "env:TOKEN"),
        ("auth.client_secret", "a-literal-secret"),
        ("auth.client_secret", "keyring:only-a-service"),
        ("auth.lifetime", "ages"),
        ("auth.algorithm", "none"),
        ("auth.jti", "yes"),
        ("input.path", ""),
        ("input.key", {"column": "Ref", "match": "ref"}),
        ("input.key", {"match": "refId"}),
        ("input.duplicates", "first"),
        ("input.sheet", 0),
        ("input.delimiter", "::"),
        ("input.min_rows", "1000"),
        ("input.max_age", "a day"),
        ("mapping", {}),
        ("mapping.desc", ""),
        ("mapping.desc", {"colum": "Notes"}),
        ("mapping.desc", {}),
        ("mapping.desc", {"column": "Notes", "value": 1}),
        ("mapping.desc", {"value": 1, "format": "%d"}),
        ("mapping.desc", {"template": "{Notes}", "mode": "add"}),
        ("mapping.tags", {"column": "Labels", "mode": "append"}),
        ("mapping.userInfo", {"emailId": "Email"}),
        ("mapping.custom", {"Region": {"column": 3}}),
        ("lookups.status", "statuses.json"),
        ("lookups.status", " statuses.json"),
        ("lookups.status", {"Closed": "st-1"}),
        ("quota.windows", ["50"]),
        ("quota.windows", "50/60s"),
        ("quota.max_in_flight", 0),
        ("quota.pace", "fast"),
        ("retry.attempts", 101),
        ("snapshot.read", True),
        ("snapshot.filter", {"state": ["Open"]}),
        ("snapshot.filter", {"status": "Open"}),
        ("safety.canary", -1),
        ("safety.max_failures", "20%"),
        ("safety.max_changes", "101%"),
        ("safety.send_between", "at night"),
        ("report.formats", ["pdf"]),
        ("report.metrics", "folder/"),
        ("state.keep", 90),
        ("notify.webhook", "https://hooks.example.com/secret"),
        ("notify.email", "ops"),
        ("notify.email", "ops@example.com"),
        ("notify.smtp", {"host": "mail.example.com", "user": "me"}),
        ("notify.on", "never"),
    ],
)
def test_a_wrong_job_is_refused_by_both(key: str, value: Any) -> None:
    """What the loader refuses for its form an editor marks as well."""
    job = changed(key, value)
    assert (is_loaded(job), is_valid(job)) == (False, False)


@pytest.mark.parametrize("missing", ["connection", "auth", "input", "mapping", "connection.stream_id", "input.key"])
def test_what_is_missing_is_missing_for_both(missing: str) -> None:
    """A job without one of its needed parts is refused by the loader and by the schema."""
    table, _, key = missing.rpartition(".")
    job = {
        name: {k: v for k, v in part.items() if (table, k) != (name, key)}
        for name, part in JOB.items()
        if name != missing
    }
    assert (is_loaded(job), is_valid(job)) == (False, False)


def test_the_sandbox_needs_no_credentials() -> None:
    """A job against the embedded server is one without stream, account and auth."""
    job = changed("connection", {"host": "sandbox"})
    del job["auth"]
    assert (is_loaded(job), is_valid(job)) == (True, True)


def texts_of_jobs() -> list[str]:
    """Return every text in configs and tests that may be a job."""
    configs = [path.read_text(encoding="utf-8") for path in (TOP / "configs").rglob("*.toml")]
    tests = [path.read_text(encoding="utf-8") for path in (TOP / "tests").rglob("*.py")]
    constants = [
        node.value
        for written in tests
        if "[input]" in written
        for node in ast.walk(ast.parse(written))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "[input]" in node.value
    ]
    return configs + constants


def test_every_job_that_is_loaded_is_valid() -> None:
    """The schema refuses none of the jobs in configs and tests that the loader takes."""
    loaded = []
    for written in texts_of_jobs():
        try:
            content = tomllib.loads(written)
        except tomllib.TOMLDecodeError:
            continue
        if is_loaded(content):
            loaded.append(content)
            assert faults(content) == [], written
    assert len(loaded) > 6, "the search has to find what there is"


SIMPLE = sorted(
    key
    for key, told in KEYS.items()
    if any(isinstance(each, str | int) for each in told.examples) and key not in {"auth.token", "input.key"}
)
NEARLY = st.sampled_from(
    [
        *("", "0", "1", "1.5s", "1 h", "00m", " 5s ", "10%", "100%", "0%", "100.5%", "20% of 200", "20 %of5", "5"),
        *("1/1s", "0/1s", "50 / 60s", "22:00-06:00", "mon-fri 22:00-06:00", "off", "live", "auto", "add", "tls"),
        *("file:", "file: a", "env:A", "env: ", "keyring:a/b", "keyring:a", "a/", ".", "a@b", "a@", "http://a"),
        *("ftp://a", "kore.example.com/", "UTC", 0, 1, 5, 1000, 1001, -1, 10**9, True, False),
    ]
)
EXAMPLES = st.sampled_from([each for told in KEYS.values() for each in told.examples])
QUANTITIES = st.from_regex(r"[0-9]{1,3}(\.5)?(ms|s|m|h|d|%| of 9)?", fullmatch=True)


@given(
    key=st.sampled_from(SIMPLE),
    value=NEARLY | EXAMPLES | QUANTITIES,
)
def test_the_schema_refuses_nothing_that_is_taken(key: str, value: Any) -> None:
    """For whatever value of a setting, an editor marks nothing as wrong that the loader takes."""
    job = whole(key, value)
    assert is_valid(job) or not is_loaded(job)


EXACT = sorted(
    set(SIMPLE) - {"connection.host", "connection.proxy", "auth.lifetime", "safety.max_failures", "safety.send_between"}
)


@given(key=st.sampled_from(EXACT), value=NEARLY | EXAMPLES)
def test_of_a_simple_setting_the_schema_takes_no_more_than_the_loader(key: str, value: Any) -> None:
    """Where a form says all that there is to say, what an editor lets pass is taken."""
    job = whole(key, value)
    assert is_loaded(job) or not is_valid(job)
