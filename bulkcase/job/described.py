"""What each key of the job file means, for the reference and for editors; a test holds it against the settings.

Nothing that a run needs imports it.
"""

from typing import Any, Final, NamedTuple


class Told(NamedTuple):
    """What is said of a key."""

    what: str
    examples: tuple[Any, ...] = ()
    """Values as a job file has them."""
    default: Any = None
    """What holds where the key is not there, as a job file would have it; None: nothing that can be written."""


TABLES: Final = {
    "connection": "Where the calls go.",
    "auth": "How the calls show who they are: a client id and secret, or a ready-made token. The sandbox needs none.",
    "input": "The file with the rows.",
    "input.key": "The column that says which case a row is about; in its short form only the column's name.",
    "mapping": "Field of the case = where its value comes from. A path into an object stands in quotes.",
    "mapping.FIELD": "Where the value of one field comes from: exactly one of column, value and template. "
    "In its short form only the column's name. A blank cell leaves the field alone.",
    "mapping.custom": "Custom fields, by display name or internal name; each is written as any other field.",
    "lookups": "For a field that takes objects: names, and the object that each stands for.",
    "quota": "How many calls may be made to the target. Every call counts: reads, updates, retries.",
    "retry": "What happens after an attempt that may succeed when it is made again.",
    "snapshot": "Whether the live cases are read before anything is sent.",
    "safety": "What a run may change, when, and what stops it.",
    "report": "What a run writes.",
    "state": "The ledger, which knows every run.",
    "notify": "Who is told how a run ended.",
    "notify.smtp": "How e-mail leaves; needed for email.",
}
"""What the tables are for."""

KEYS: Final = {
    "connection.host": Told(
        'The address of the platform, or "sandbox": the embedded server.', ("https://platform.kore.ai", "sandbox")
    ),
    "connection.stream_id": Told("The id of the stream (the app). The sandbox needs none.", ("st-00000000",)),
    "connection.account_id": Told("The id of the account. The sandbox needs none.", ("000000000000000000000000",)),
    "connection.timeout": Told("How long one call may take.", ("30s", "2m"), "30s"),
    "connection.iid": Told("What the header iid says; without it, the stream's id.", ("st-00000000",)),
    "connection.extra_headers": Told(
        "More headers for each call; none of those that are set anyway.", ({"X-Team": "ops"},)
    ),
    "connection.ca_bundle": Told(
        "A file of certificates to trust, for a host with a CA of its own.", ("corporate-ca.pem",)
    ),
    "connection.proxy": Told(
        "The address of a proxy, or a reference to it; without it, what the environment says (HTTPS_PROXY).",
        ("http://proxy.example.com:3128", "env:OUR_PROXY"),
    ),
    "auth.client_id": Told("The client id of the app, or a reference to it.", ("cs-00000000", "env:KORE_CLIENT_ID")),
    "auth.client_secret": Told(
        "Where the client secret is; the secret itself is refused.",
        ("env:KORE_CLIENT_SECRET", "file:kore.secret", "keyring:kore/migration"),
    ),
    "auth.token": Told("Where a ready-made token is, in place of client id and secret.", ("env:KORE_TOKEN",)),
    "auth.lifetime": Told("How long a token that bulkcase signs is good for: 1m to 1h.", ("5m", "1h"), "5m"),
    "auth.subject": Told("The subject (sub) of the tokens.", ("bulkcase",), "bulkcase"),
    "auth.algorithm": Told(
        "How tokens are signed. RS256 and RS512 need the extra rsa, and a private key as the secret.",
        ("HS512",),
        "HS256",
    ),
    "auth.jti": Told("Sign a new token for every call, as apps want that enforce jti.", (True,), False),
    "input.path": Told(
        "The file, relative to the job file: .csv .tsv .xlsx .xls .ods; - is CSV on standard input.", ("cases.csv", "-")
    ),
    "input.key": Told("The column with the key.", ("Case ID", {"column": "Ref", "match": "refId"})),
    "input.key.column": Told("The name of the column.", ("Ref",)),
    "input.key.match": Told(
        "What the column holds: ids (ci-…), or references (CS000100), which need the live cases.", ("refId",), "_id"
    ),
    "input.duplicates": Told(
        "What becomes of rows about one case that differ: all are invalid, or the last one wins.", ("last",), "refuse"
    ),
    "input.sheet": Told("The sheet of a workbook, by its name or its number from 1 on.", ("Cases", 2)),
    "input.encoding": Told(
        "The encoding of a CSV file; without it, UTF-8 and UTF-16 are found out, others are to be said.",
        ("utf-8", "cp1252"),
    ),
    "input.delimiter": Told("What stands between the cells of a CSV file; without it, it is found out.", (";", "\t")),
    "input.timezone": Told("The time zone of dates that name none.", ("Europe/Berlin", "UTC")),
    "input.clear_marker": Told("A cell with this text empties its field; without it, no cell does.", ("<empty>",)),
    "input.min_rows": Told("Refuse a file with fewer rows: an export that broke off.", (1000, "off"), "off"),
    "input.max_age": Told("Refuse a file that is older: an export that did not come.", ("20h", "off"), "off"),
    "mapping.FIELD.column": Told("The column with the values.", ("Due",)),
    "mapping.FIELD.value": Told("The same value for every row.", (False, "closed by us")),
    "mapping.FIELD.template": Told(
        "A text with columns in braces; a blank one leaves the field alone.", ("[old] {Title}",)
    ),
    "mapping.FIELD.format": Told(
        "How the dates of the column are written, in the letters of strptime.", ("%d/%m/%Y %H:%M",)
    ),
    "mapping.FIELD.timezone": Told(
        "The time zone of the column's dates; without it, that of input.", ("Europe/Berlin",)
    ),
    "mapping.FIELD.split": Told("What stands between the items of a list in one cell.", (";",)),
    "mapping.FIELD.mode": Told(
        "For lists: replace the list, or add or remove items, for which the live list is read first.",
        ("add",),
        "replace",
    ),
    "lookups.FIELD": Told(
        "A table from names to objects; live: learnt from the live cases; file: kept in a JSON file.",
        ("live", "file:statuses.json", {"Closed": {"_id": "st-0001", "name": "Closed"}}),
    ),
    "quota.windows": Told(
        "Rolling windows, all of which hold at once: calls, a slash, a time. [] is no limit.",
        (["50/60s", "1700/1h"], []),
        ["50/60s", "1700/1h"],
    ),
    "quota.max_in_flight": Told("How many calls may wait for their answers at the same time: 1 to 1000.", (16,), 8),
    "quota.pace": Told(
        "Spread the calls evenly over the window, or make them as early as it allows; "
        "auto: evenly where the job does not fit into the longest window.",
        ("even",),
        "auto",
    ),
    "quota.scope": Told("Who shares the quota: the jobs of one stream, or all of the account.", ("account",), "stream"),
    "retry.attempts": Told("How many calls may carry one row's update: 1 to 100.", (3,), 5),
    "retry.max_wait": Told("The longest wait between two attempts.", ("30s",), "60s"),
    "retry.unanswered": Told(
        "After a lost answer: send again, or leave the row unknown where a look at its case does not settle it.",
        ("leave",),
        "resend",
    ),
    "snapshot.read": Told(
        "auto: where it is needed, or costs fewer calls than it spares.", ("always", "never"), "auto"
    ),
    "snapshot.max_age": Told("A page that is older when its rows' turn comes is read again.", ("30m",), "1h"),
    "snapshot.filter": Told(
        "Filters of getCases that leave fewer pages to read; a case that they leave out is not found.",
        ({"unresolved": True}, {"status": ["Open", "Closed"]}),
    ),
    "safety.verify": Told(
        "Compare the answer with what was sent; live: read the cases back as well; none: neither.",
        ("live",),
        "response",
    ),
    "safety.canary": Told("So many rows are sent and checked before all others: 0 (off) to 1000.", (20, 0), 5),
    "safety.max_failures": Told(
        "Stop when more rows than this fail: a share of the last rows, or a count.",
        ("20% of 200", 50, "off"),
        "20% of 200",
    ),
    "safety.on_conflict": Told(
        "A case that somebody has changed since it was read: send all the same, or leave it alone as conflict.",
        ("leave",),
        "send",
    ),
    "safety.max_changes": Told(
        "Refuse a plan that would send more: a share of the rows, or a count.", ("10%", 5000, "off"), "off"
    ),
    "safety.send_between": Told(
        "Hours in which the job may send, with weekdays and a time zone where wanted.",
        ("22:00-06:00", "mon-fri 22:00-06:00 Europe/Berlin", "off"),
        "off",
    ),
    "safety.max_duration": Told("Pause the run after so long; resume goes on.", ("8h", "off"), "off"),
    "safety.allow_read_only": Told("Fields of the read-only list that are sent all the same.", (["source"],), []),
    "report.directory": Told(
        "The folder that gets one folder for each run, relative to the job file.", ("reports",), "reports"
    ),
    "report.formats": Told(
        "What is written beside the CSV files, which always are.", (["csv", "html", "xlsx", "jsonl"],), ["csv", "html"]
    ),
    "report.private": Told(
        "Fields, paths or custom.NAME whose values are masked wherever they are shown.", (["desc", "userInfo"],), []
    ),
    "report.metrics": Told(
        "A Prometheus textfile to write, relative to the job file.", ("bulkcase.prom", "off"), "off"
    ),
    "state.directory": Told(
        "The folder of the ledger; without it BULKCASE_STATE, or the folder of the user's state.", ("state",)
    ),
    "state.keep": Told("After each run, purge runs of the job that ended longer ago.", ("90d", "off"), "off"),
    "notify.webhook": Told(
        "Where the address of a webhook is; the address itself is refused.", ("env:OPS_WEBHOOK", "off"), "off"
    ),
    "notify.email": Told("Who gets a mail.", (["ops@example.com"], "ops@example.com", "off"), "off"),
    "notify.smtp": Told("The server that takes the mail.", ({"host": "mail.example.com"}, "off"), "off"),
    "notify.smtp.host": Told("Its name, without a port.", ("mail.example.com",)),
    "notify.smtp.port": Told("Its port.", (465,), 587),
    "notify.smtp.security": Told("How the connection is secured; none only without a password.", ("tls",), "starttls"),
    "notify.smtp.user": Told("Who logs in; together with password.", ("bulkcase",)),
    "notify.smtp.password": Told("Where the password is; the password itself is refused.", ("env:SMTP_PASSWORD",)),
    "notify.smtp.sender": Told("Who the mail is from.", ("bulkcase@example.com",), "bulkcase@localhost"),
    "notify.on": Told("Tell of problems only, or of every run.", ("always",), "problem"),
}
"""What the keys are for, in the order of the settings."""
