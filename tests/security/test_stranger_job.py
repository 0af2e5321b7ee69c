"""A job file from a stranger: what it names goes nowhere unseen, and nothing goes out that is not what it is called."""

from pathlib import Path

import pytest
from support.jobs import write_cases, write_job

from bulkcase.errors import CredentialsError, JobError
from bulkcase.job import Job, load
from bulkcase.job.destinations import destinations
from bulkcase.job.host import base_url, check_proxy
from bulkcase.operations.common.runtime import Runtime, report_folder
from bulkcase.operations.live.credentials import check_credentials, remote_target
from bulkcase.sync import plan

VALUABLE = "wJalrXUtnFEMI/K7MDENG/not-a-real-key"
SIGNED = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.not-a-real-signature"


def job_of(folder: Path, auth: str, connection: str = "", more: str = "") -> Job:
    """Return a stranger's job with these settings."""
    file = folder / "job.toml"
    file.write_text(
        '[connection]\nhost = "https://evil.example"\nstream_id = "st-1"\naccount_id = "acc"\n'
        f'{connection}\n[auth]\n{auth}\n[input]\npath = "x.csv"\nkey = "Id"\n[mapping]\ndesc = "Notes"\n{more}',
        encoding="utf-8",
    )
    return load(file)


@pytest.mark.parametrize(
    ("auth", "told"),
    [
        ('token = "env:VALUABLE"', "auth.token: env:VALUABLE: what is there is no token"),
        ('token = "file:key.pem"', "auth.token: file:key.pem: what is there is no token"),
        (
            'client_id = "env:VALUABLE"\nclient_secret = "env:VALUABLE"',
            "auth.client_id: env:VALUABLE: what is there is no client id",
        ),
        (
            'client_id = "env:HALF"\nclient_secret = "env:VALUABLE"',
            "auth.client_id: env:HALF: what is there is no client id",
        ),
    ],
)
def test_another_secret_in_the_place_of_a_token_or_client_id_is_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, auth: str, told: str
) -> None:
    """Both can be read by whoever gets them, so what is there has to look like one; the value is not shown."""
    monkeypatch.setenv("VALUABLE", VALUABLE)
    monkeypatch.setenv("HALF", "cs-1\udcff")
    (tmp_path / "key.pem").touch(mode=0o600)
    (tmp_path / "key.pem").write_text(f"-----BEGIN KEY-----\n{VALUABLE}\n")
    with pytest.raises(CredentialsError) as caught:
        check_credentials(job_of(tmp_path, auth))
    assert str(caught.value).startswith(told)
    assert VALUABLE not in str(caught.value)


def test_what_is_a_token_or_a_client_id_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token has parts with dots and begins as JSON does; an id that is written out may be any."""
    monkeypatch.setenv("TOKEN", SIGNED)
    monkeypatch.setenv("ID", "cs-00000000-0000")
    monkeypatch.setenv("VALUABLE", VALUABLE)
    for header in (SIGNED, SIGNED.replace("eyJ", "eyAi", 1)):
        monkeypatch.setenv("TOKEN", header)
        check_credentials(job_of(tmp_path, 'token = "env:TOKEN"'))
    for written in ("env:ID", "an id of another form"):
        check_credentials(job_of(tmp_path, f'client_id = "{written}"\nclient_secret = "env:VALUABLE"'))


SECRETS = 'client_id = "cs-1"\nclient_secret = "env:VALUABLE"'


def test_each_host_is_told_with_the_names_of_what_goes_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Target, proxy, certificates, webhook and mail server, each with its references and without any value."""
    monkeypatch.setenv("PROXY", f"http://me:{'fake-pass'}@proxy.example:3128")
    monkeypatch.setenv("HOOK", "https://hooks.example/services/fake-path")
    found = destinations(
        job_of(
            tmp_path,
            'client_id = "env:ID"\nclient_secret = "file:key"',
            'proxy = "env:PROXY"\nca_bundle = "ca.pem"',
            '[notify]\nwebhook = "env:HOOK"\nemail = ["a@example.com"]\n'
            'smtp = { host = "mail.evil.example", user = "me", password = "env:AWS_SECRET_ACCESS_KEY" }',
        ),
        tells=True,
    )
    assert [one.told for one in found] == [
        (
            "sends to https://evil.example (account acc, stream st-1) with env:ID as it is, with tokens signed by "
            f"file:{tmp_path}/key, through the proxy proxy.example:3128 with env:PROXY, trusting the certificates in "
            f"{tmp_path}/ca.pem"
        ),
        "tells the webhook at hooks.example with env:HOOK",
        "mails by mail.evil.example:587 to a@example.com with env:AWS_SECRET_ACCESS_KEY as it is",
    ]
    assert "acc" not in found[0].trusted.split()


@pytest.mark.parametrize("proxy", ["http://evil.example:3128", "env:PROXY"])
def test_a_proxy_elsewhere_gets_no_call_that_is_not_encrypted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    """Plain http is for this machine: handed to a proxy on another one, the token would be read there."""
    monkeypatch.setenv("PROXY", "http://evil.example:3128")
    monkeypatch.setenv("VALUABLE", VALUABLE)
    text = job_of(tmp_path, SECRETS, f'proxy = "{proxy}"').file.read_text()
    (tmp_path / "plain.toml").write_text(text.replace("https://evil.example", "http://127.0.0.1:9"))
    with pytest.raises((JobError, CredentialsError), match=r"is on another machine, and connection.host is plain http"):
        check_credentials(load(tmp_path / "plain.toml"))


def test_a_secret_that_is_no_proxy_is_neither_used_nor_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is behind the reference has to be an address; the library's own words would repeat it."""
    monkeypatch.setenv("VALUABLE", VALUABLE)
    with pytest.raises(CredentialsError, match=r"connection\.proxy: env:VALUABLE: must be an address") as caught:
        check_credentials(job_of(tmp_path, SECRETS, 'proxy = "env:VALUABLE"'))
    assert VALUABLE not in str(caught.value)


def test_a_target_does_not_show_the_password_of_its_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a part of the address that the calls need."""
    monkeypatch.setenv("VALUABLE", VALUABLE)
    monkeypatch.setenv("PROXY", "http://me:fake-pass@proxy.example:3128")
    target = remote_target(job_of(tmp_path, SECRETS, 'proxy = "env:PROXY"'), Runtime())
    assert "fake-pass" in (target.proxy or "")
    assert "fake-pass" not in repr(target)


@pytest.mark.parametrize("host", ["https://pl\u0430tform.kore.ai", "https://a\x1b[2K.example", "https://a%2fb.example"])
def test_a_host_looks_like_what_it_is(host: str) -> None:
    """A letter of another script, a sign that a terminal obeys, or an escape is refused, as host and as proxy."""
    with pytest.raises(ValueError, match=r"plain ASCII name|must be an address"):
        base_url(host)
    with pytest.raises(ValueError, match="must be an address"):
        check_proxy(host)


@pytest.mark.parametrize("name", ["..toml", "-.toml", "a b\x1b[31m.toml", "%2e%2e.toml", "é.toml"])
def test_a_job_s_name_stays_inside_the_folder_of_reports(tmp_path: Path, name: str) -> None:
    """The name of a run, which is the name of its folder, has letters, digits and hyphens of it."""
    write_cases(tmp_path, [("ci-1", "x")])
    made = plan(load(write_job(tmp_path, name=name)))
    folder = report_folder(made.job, made.run_id)
    assert folder.parent == tmp_path / "reports"
    assert folder.name.replace("-", "").isalnum()
