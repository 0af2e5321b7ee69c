"""What a job says of reports, and of who is told how a run ended."""

import pytest
from support.job_texts import FILE, SMALLEST, problems

from bulkcase.job import Job, parse
from bulkcase.job.reports import Notify, Report, Smtp

MAIL = '[notify]\nemail = "ops@example.com"\nsmtp = { host = "mail.example.com"'


def job(text: str) -> Job:
    return parse(SMALLEST + text, FILE)


def test_without_a_word_there_is_a_page_and_nobody_is_told() -> None:
    """The rows as a table and the page are written; nothing is private and nothing leaves the machine."""
    made = job("")
    assert made.report == Report(directory="reports", formats=("csv", "html"), private=(), metrics=None)
    assert made.notify.model_dump() == {"webhook": None, "email": (), "smtp": None, "on": "problem"}
    assert not made.notify.is_on


def test_everything_may_be_said() -> None:
    """Each setting is taken as it is written."""
    made = job(
        '[report]\ndirectory = "out"\nformats = ["csv", "xlsx", "jsonl", "html"]\nmetrics = "bulkcase.prom"\n'
        'private = ["desc", "userInfo.emailId", "custom.Region"]\n'
        '[notify]\nwebhook = "env:FAKE_WEBHOOK"\nemail = ["ops@example.com", "mgr@example.com"]\non = "always"\n'
        '[notify.smtp]\nhost = "mail.example.com"\nport = 465\nsecurity = "tls"\nuser = "ops"\n'
        'password = "file:fake.txt"\nsender = "night@example.com"\n'
    )
    assert made.report == Report(
        directory="out",
        formats=("csv", "xlsx", "jsonl", "html"),
        private=("desc", "userInfo.emailId", "custom.Region"),
        metrics="bulkcase.prom",
    )
    assert made.notify.model_dump() == {
        "webhook": "env:FAKE_WEBHOOK",
        "email": ("ops@example.com", "mgr@example.com"),
        "smtp": {
            "host": "mail.example.com",
            "port": 465,
            "security": "tls",
            "user": "ops",
            "password": "file:fake.txt",
            "sender": "night@example.com",
        },
        "on": "always",
    }
    assert made.notify.is_on


@pytest.mark.parametrize(
    ("written", "formats"),
    [
        ('["html"]', ("csv", "html")),
        ("[]", ("csv",)),
        ('["csv"]', ("csv",)),
        ('["xlsx", "csv", "xlsx"]', ("csv", "xlsx")),
    ],
)
def test_the_rows_are_always_written(written: str, formats: tuple[str, ...]) -> None:
    """Each form once, and the rows as a table in any case: they are what can be sent again."""
    assert job(f"[report]\nformats = {written}").report.formats == formats


@pytest.mark.parametrize("setting", ["webhook", "email", "smtp"])
def test_off_is_the_same_as_nothing(setting: str) -> None:
    """Saying "off" aloud is the same as saying nothing."""
    assert job(f'[notify]\n{setting} = "off"').notify == Notify()
    assert job('[report]\nmetrics = "off"').report == Report()


def test_an_address_may_stand_alone_and_is_told_once() -> None:
    """One address needs no list, and the same twice is one."""
    assert job(f"{MAIL} }}").notify.email == ("ops@example.com",)
    twice = MAIL.replace('"ops@example.com"', '["ops@example.com", "ops@example.com"]')
    assert job(f"{twice} }}").notify.email == ("ops@example.com",)
    assert job(f"{MAIL} }}").notify.is_on


def test_a_mail_server_is_spoken_to_with_encryption_by_default() -> None:
    """On the port for submission, and without a login."""
    smtp = job(f"{MAIL} }}").notify.smtp
    assert smtp is not None
    assert (smtp.port, smtp.security, smtp.user, smtp.sender) == (587, "starttls", None, "bulkcase@localhost")


@pytest.mark.parametrize("host", ["mail", "mail.example.com", "192.0.2.1", "2001:db8::1", "::1", "my_mail"])
def test_a_mail_server_is_a_name_or_an_address(host: str) -> None:
    """As a name server, a container or an administrator calls it."""
    assert job(f'[notify]\nsmtp = {{ host = "{host}" }}').notify.smtp == Smtp(host=host)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_a_password_may_go_to_this_machine_as_it_is(host: str) -> None:
    """A relay on this machine needs no encryption."""
    smtp = f'{{ host = "{host}", security = "none", user = "ops", password = "env:FAKE" }}'
    assert job(f"[notify]\nsmtp = {smtp}").notify.smtp is not None


FORMATS = 'must be "csv", "html", "xlsx" or "jsonl"'
REFERENCE = "must be a reference, never the secret itself: env:NAME, file:PATH or keyring:SERVICE/USER"
ADDRESSES = "must be plain addresses such as ops@example.com"
HOST = "must be only the name of a server, such as mail.example.com: its port goes into port"
TEXT = "must be a text in quotes"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[report]\nformats = "csv"', "report.formats: must be a list in brackets"),
        ('[report]\nformats = ["csv", "pdf"]', f"report.formats, entry 2: {FORMATS}"),
        ('[report]\nformats = ["HTML"]', f"report.formats, entry 1: {FORMATS}: did you mean html?"),
        ('[report]\nformats = ["csv", "csv", []]', f"report.formats, entry 3: {FORMATS}"),
        ("[report]\nformats = [{ a = 1 }]", f"report.formats, entry 1: {FORMATS}"),
        ('[report]\nformat = ["csv"]', "report.format: is not known: did you mean formats?"),
        ('[report]\nprivate = "desc"', "report.private: must be a list in brackets"),
        ('[report]\nprivate = ["desc", 5]', f"report.private, entry 2: {TEXT}"),
        ('[report]\nmetrics = ""', "report.metrics: must not be empty"),
        ("[report]\nmetrics = true", f"report.metrics: {TEXT}"),
        *[
            (f'[report]\nmetrics = "{wrong}"', "report.metrics: must name a file, such as bulkcase.prom")
            for wrong in ("/", ".", "..", "metrics/", "/var/lib/..", "a\\u0000b.prom")
        ],
        ('[notify]\nwebhook = "https://hooks.example.com/fake"', f"notify.webhook: {REFERENCE}"),
        ('[notify]\nwebhook = "env: "', f"notify.webhook: {REFERENCE}"),
        ("[notify]\nwebhook = false", "notify.webhook: must be a reference in quotes, such as env:OPS_WEBHOOK"),
        ("[notify]\nemail = 5", 'notify.email: must be an address in quotes, a list of addresses, or "off"'),
        *[
            (f"[notify]\nemail = {wrong}", f"notify.email: {ADDRESSES}")
            for wrong in (
                '""',
                '"ops"',
                '["ops@example.com", "off"]',
                "[5]",
                '"Ops <ops@example.com>"',
                '"a@example.com, b@example.com"',
                '"a@example.com\\r\\nBcc: b@example.com"',
                '"a@b@example.com"',
            )
        ],
        (
            '[notify]\nemail = "ops@example.com"',
            'notify: needs smtp for its email: smtp = { host = "mail.example.com" }',
        ),
        ('[notify]\non = "never"', 'notify.on: must be "problem" or "always"'),
        ("[notify]\non = true", 'notify.on: must be "problem" or "always"'),
        ('[notify]\nwebhok = "env:A"', "notify.webhok: is not known: did you mean webhook?"),
        (
            '[notify]\nsmtp = "mail.example.com"',
            'notify.smtp: must be a table such as { host = "mail.example.com" }, or "off"',
        ),
        ("[notify]\nsmtp = {}", "notify.smtp.host: is missing: add it"),
        (f"{MAIL}, prot = 25 }}", "notify.smtp.prot: is not known: did you mean port?"),
        (
            f"{MAIL}, zzz = 25 }}",
            "notify.smtp.zzz: is not known: there are host, port, security, user, password, sender",
        ),
        (f"{MAIL}, port = 0 }}", "notify.smtp.port: must be 1 or more"),
        (f"{MAIL}, port = 65536 }}", "notify.smtp.port: must be 65535 or less"),
        (f'{MAIL}, port = "25" }}', "notify.smtp.port: must be a whole number, without quotes"),
        (f"{MAIL}, port = true }}", "notify.smtp.port: must be a whole number, without quotes"),
        (f'{MAIL}, security = "ssl" }}', 'notify.smtp.security: must be "starttls", "tls" or "none"'),
        (f'{MAIL}, user = "ops" }}', "notify.smtp: must have user and password, or neither"),
        (f'{MAIL}, password = "env:FAKE" }}', "notify.smtp: must have user and password, or neither"),
        (f'{MAIL}, user = "", password = "env:FAKE" }}', "notify.smtp.user: must not be empty"),
        (f'{MAIL}, user = "ops", password = "hunter2-fake" }}', f"notify.smtp.password: {REFERENCE}"),
        (
            f'{MAIL}, security = "none", user = "ops", password = "env:FAKE" }}',
            'notify.smtp: would send the password as it is: write security = "starttls" or "tls"',
        ),
        (
            f'{MAIL}, sender = "Ops <ops@example.com>" }}',
            "notify.smtp.sender: must be a plain address such as bulkcase@example.com",
        ),
        *[
            (
                f'[notify]\nsmtp = {{ host = "{wrong}" }}',
                f"notify.smtp.host: {HOST}",
            )
            for wrong in ("mail.example.com:25", "smtp://mail.example.com", "a b", "a\\r\\nb", "ops@example.com")
        ],
        ('[notify]\nsmtp = { host = "" }', "notify.smtp.host: must not be empty"),
    ],
)
def test_what_is_wrong_is_one_line_with_its_key(text: str, told: str) -> None:
    """Each problem is told with the key as the file writes it, and what to do."""
    assert problems(SMALLEST + text) == [told]


def test_every_problem_is_told_at_once() -> None:
    """One look at the messages is enough to mend the whole file."""
    text = '[report]\nformats = ["pdf", "doc"]\n[notify]\nwebhook = "x"\nemail = "y"\nsmtp = { port = "z" }\non = 5'
    assert [line.split(": ")[0] for line in problems(SMALLEST + text)] == [
        *("report.formats, entry 1", "report.formats, entry 2", "notify.webhook", "notify.email"),
        *("notify.smtp.host", "notify.smtp.port", "notify.on"),
    ]
