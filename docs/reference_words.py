"""What the pages of docs/reference say beside what the program knows of itself."""

from typing import Final

from bulkcase.fields.proof import Proven
from bulkcase.job import forms
from bulkcase.model import Outcome

FORMS: Final = {
    "time": forms.DURATION["pattern"],
    "window": forms.WINDOW["pattern"],
    "share": forms.CHANGES[0]["pattern"],
    "share of rows": forms.FAILURES[0]["pattern"],
    "count in quotes": forms.CHANGES[1]["pattern"],
    "count as text": forms.FAILURES[1]["pattern"],
    "hours": forms.HOURS["pattern"],
    "address": forms.HOST["pattern"],
    "reference": forms.REFERENCE["pattern"],
    "reference or address": forms.PROXY["pattern"],
    "e-mail address": forms.ADDRESS["pattern"],
}
"""What the forms of quantities are called, by their patterns."""

QUANTITIES: Final = (
    ("time", "a number above zero and its unit: ms, s, m, h or d", '`"500ms"`, `"30s"`, `"1.5h"`, `"90d"`'),
    ("window", "calls, a slash, a time", '`"50/60s"`, `"1700/1h"`'),
    ("share", "a number up to 100 and %", '`"10%"`'),
    ("share of rows", 'a share "of" so many of the last finished rows', '`"20% of 200"`'),
    ("count", "a number of rows, with or without quotes", '`5000`, `"5000"`'),
    ("hours", "weekdays where wanted, from-to, a time zone where wanted", '`"mon-fri 22:00-06:00 Europe/Berlin"`'),
    ("address", "a host, with or without https:// and a port", '`"https://platform.kore.ai"`'),
    ("reference", "where a value is: env:NAME, file:PATH or keyring:SERVICE/USER", '`"env:KORE_CLIENT_SECRET"`'),
    ("e-mail address", "a plain one, without a name", '`"ops@example.com"`'),
)

OUTCOMES: Final = {
    Outcome.UPDATED: "The API accepted it, and nothing that it showed contradicts what was sent.",
    Outcome.UNCHANGED: "The live case has these values already, or all mapped cells are blank; no update was sent.",
    Outcome.SUPERSEDED: "Another row of the same case took its place, or a corrected file did.",
    Outcome.MISMATCH: "The API accepted it, and shows another value than was sent.",
    Outcome.CONFLICT: "Somebody changed the case since it was read, and it was left alone.",
    Outcome.FAILED: "Refused for good, or retries exhausted; or the case was not seen in a list that has gaps.",
    Outcome.INVALID: "The row could not become a case update, or its case does not exist; never sent.",
    Outcome.UNKNOWN: "Sent, and nobody knows whether it landed: no answer told, nor did the case.",
    Outcome.PENDING: "The run stopped before its turn.",
}

VERIFIED: Final = {
    Proven.EQUAL: "The case shows what was sent.",
    Proven.NORMALISED: "It shows the same in the server's own form: spaces, order, another way to write a date.",
    Proven.NOT_SHOWN: "What was seen of the case leaves a field out that was sent, and proves nothing of it.",
    Proven.DIFFERENT: "It shows another value.",
}

_INVALID, _FAILED, _UNKNOWN, _PENDING = Outcome.INVALID, Outcome.FAILED, Outcome.UNKNOWN, Outcome.PENDING
_MISMATCH, _CONFLICT, _UPDATED = Outcome.MISMATCH, Outcome.CONFLICT, Outcome.UPDATED

_BY_OUTCOME: Final = {
    (_INVALID,): "row_too_short row_too_long row_unreadable bad_key bad_text bad_number bad_boolean bad_date no_zone "
    "bad_list bad_object unknown_name ambiguous_name ambiguous_reference excel_error cannot_clear duplicate_case "
    "case_not_found no_object odd_live_value no_custom_field ambiguous_custom_field mapped_twice custom_field_kind",
    (_INVALID, _CONFLICT): "read_only",
    (Outcome.SUPERSEDED,): "same_row later_row later_run landed_before corrected_file",
    (Outcome.UNCHANGED,): "nothing_to_change no_difference",
    (_FAILED,): "case_not_seen http_400 http_403 http_404 http_405 http_412 http_413 answer_errors answer_html "
    "answer_not_a_case answer_other_case redirected not_connected",
    (_CONFLICT, _UPDATED, _UNKNOWN): "changed_since",
    (_CONFLICT,): "left_alone",
    (_UPDATED,): "normalised settled",
    (_UPDATED, _UNKNOWN): "not_shown",
    (_MISMATCH,): "mismatch changed_aside",
    (_MISMATCH, _FAILED): "not_applied",
    (_UNKNOWN,): "answer_broken answer_too_large timeout connection_lost cut_off",
    (_PENDING,): "tls rate_limited credentials_refused wrong_target got_old stopped",
}
CODES: Final = {code: outcomes for outcomes, codes in _BY_OUTCOME.items() for code in codes.split()}
"""The outcomes that a cause leads to."""

HTTP_CODES: Final = (
    ("http_408, http_5…", "http_503", (_FAILED,)),
    ("http_… (any other status)", "http_418", (_FAILED,)),
)

COLUMNS_TOLD: Final = {
    "bulkcase_row": "The number of the row in the input; the header is row 1, as a spreadsheet shows it.",
    "bulkcase_case_id": "The `_id` of the case, also where the key is a reference.",
    "bulkcase_outcome": "One of the [outcomes](outcomes.md).",
    "bulkcase_verified": "What the case shows of what was sent; empty where nobody compared.",
    "bulkcase_http_status": "The status of the last answer.",
    "bulkcase_attempts": "How many calls carried this row's update.",
    "bulkcase_error_code": "The cause, one of the [error codes](error-codes.md); empty where all is well.",
    "bulkcase_error": "The cause in words, with what the server said.",
    "bulkcase_changed": "The fields that were sent.",
    "bulkcase_finished_at": "When its outcome stood: ISO 8601, UTC.",
}

WAYS: Final = {
    "input.key": """
```toml
[input]
key = "Case ID"                                 # the column with the ids
```

```toml
[input]
key = { column = "Ref", match = "refId" }       # a column with references
```
""",
    "mapping": """
```toml
[mapping]
desc = "Notes"                                                  # the column
dueDate = { column = "Due", format = "%d/%m/%Y %H:%M", timezone = "Europe/Berlin" }
tags = { column = "Labels", split = ";", mode = "add" }         # a list: replace it, add to it, remove from it
isActive = { value = false }                                    # a constant
name = { template = "[migrated] {Title}" }                      # columns in braces, nothing else
"userInfo.emailId" = "Email"                                    # a path: the object is read, changed and sent whole

[mapping.custom]
Region = "Region"                                               # custom fields
```

The fields, and what each of them takes, are in [Fields of a case](fields.md).
""",
    "lookups": """
```toml
[lookups]
status = "live"                                 # learnt from the live cases: status, priority, queues, currAssignee
queues = "file:queues.json"                     # names to objects, or a list of objects that each have a name

[lookups.priority.High]
_id = "pr-0001"
name = "High"
```
""",
}
"""The ways in which a table can be written."""

FILES: Final = {
    "job": """
A job is one TOML file. Its paths are relative to it; a key that is not known is refused, with the nearest one that is.
Editors know its keys from [`job.schema.json`](job.schema.json), which `python -m bulkcase.operations.schema` prints as
well. With Taplo, or Even Better TOML in VS Code, write into the first line of a job, with the way to the schema:

<!-- file: schema.toml -->

```toml
#:schema job.schema.json
```

The smallest job needs a host, a file, its key, and a field:

```toml
# smallest.toml
[connection]
host = "sandbox"

[input]
path = "sample_data/cases.csv"
key = "Case ID"

[mapping]
desc = "Notes"
```
""",
    "commands": """
`bulkcase --help` lists them, `bulkcase COMMAND --help` shows what is below, `bulkcase --version` the version. `RUN` is
an id, a part of one that no other has, or `last`. Results go to standard output, everything else to standard error. The
[exit codes](exit-codes.md) are the same for all of them.
""",
    "outcomes": """
Every row of the input ends with exactly one outcome. What brought it there is in `bulkcase_error_code`: see the
[error codes](error-codes.md). A run whose rows all ended `updated`, `unchanged` or `superseded` exits with 0.
""",
    "exit-codes": """
They are the same for every command; a stop outranks 1. For `check`, `plan` and `verify`, 0 is "all is well" and 1 is
"something is not well". A question that was answered with no is 0. After 3, 5, 6 and 130 of a run that was started, the
last line is the command that goes on from there.
""",
    "error-codes": """
The cause of a row's [outcome](outcomes.md), as `bulkcase_error_code` of results.csv, `summary.json` and the log have
it. A row that was `unknown` before may stay so, with the cause of then. `failed/CODE.csv` in the report has the rows
of one cause, with what to do; corrected, it is input again.
""",
    "report": """
Each run has a folder of its own in `[report] directory`, readable by its owner only. It is written when the run ends,
however it ends, and again by `bulkcase report RUN`.

| file | holds | written |
| --- | --- | --- |
| `results.csv` | every row in the order of the input, with its own columns and those below | always |
| `failed.csv` | of these the rows that need a person: `mismatch`, `conflict`, `failed`, `invalid`, `unknown` | always |
| `failed/CODE.csv` | the same by [cause](error-codes.md), with what to do in `bulkcase_tip` | where there are any |
| `summary.json` | the run in numbers: outcomes, calls, causes with a tip each | always |
| `canary.json` | cases of the canary that changed beside what was sent, whole, as they were | where there are any |
| `report.html` | the run as a page, in one file | `formats` has `"html"` |
| `results.xlsx` | the rows with typed cells, filters and colours | `formats` has `"xlsx"` |
| `results.jsonl` | a JSON object for each row | `formats` has `"jsonl"` |

A file that another program holds open is left alone; the new one lands beside it, as `results (2).xlsx`. `report.html`
is made for a desk, for paper, and for a phone at night:

![The report of a run on a phone, dark: how it ended, when, and what to do next](../pictures/report-phone.png)
""",
    "columns": """
They stand behind the columns of the input, which are as they were: but a cell that a spreadsheet would run has a `'` in
front, which is taken off again where such a file is input. There these columns are ignored.
""",
    "fields": """
The fields of updateCase, as the vendor documents them. What is read-only by prudence the server derives or owns; it is
sent only where `safety.allow_read_only` names it. Custom fields are mapped in `[mapping.custom]`, and parts of an
object by a path in quotes, such as `"userInfo.emailId"`.
""",
    "sandbox": """
The embedded server behaves like the API. It is there for `bulkcase demo`, for `--sandbox`, for jobs whose host is
`"sandbox"`, on a port by [`bulkcase sandbox`](commands.md#sandbox), and in Python as `bulkcase.Sandbox`.

For `--sandbox` and for the host `"sandbox"` each command starts it afresh, with a case for each key of the input: what
is in those cases is invented. So every key that may be one is found there, a misspelt one too. But where the job takes
the keys for ids, those that do not begin with `ci-` have no case: a rehearsal shows references that are taken for ids.
It knows what the earlier commands about the same run have left, and nothing else.
""",
    "python": """
The names below are those of `import bulkcase as bc`; `bc.sync` has the same verbs, blocking. Whatever is wrong is an
exception of the [tree of errors](exit-codes.md#from-python-exceptions); a row that fails is a value, and none.
""",
}
