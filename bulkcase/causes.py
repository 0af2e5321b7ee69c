"""Every cause that a row's `bulkcase_error_code` can name, and what to do about it."""

from typing import Final

_TIPS: Final = {
    # the reader
    "row_too_short": "Give the row as many cells as the header has, then clear its bulkcase_error_code.",
    "row_too_long": "Put quotes around a cell that contains the delimiter, then clear its bulkcase_error_code.",
    "row_unreadable": "Mend the quotes of this row: a quote inside a quoted cell is written twice.",
    # the mapping
    "bad_key": "Correct the key: letters, digits, '-' and '_' only. Format the column as text before pasting ids.",
    "bad_text": "Type the text again: it holds half a character, which cannot be sent.",
    "bad_number": "Write a plain number without thousands separators or units.",
    "bad_boolean": "Write true or false (yes, no, 1 and 0 work too).",
    "bad_date": "Write the date in the format that the job names, or as ISO 8601.",
    "no_zone": "Write the time with its offset, or set a timezone in the job.",
    "bad_list": "Set split in the job's mapping, or write a JSON list.",
    "bad_object": "Write a JSON object, or a name that the job's lookups know.",
    "unknown_name": "Correct the name, or add it to the job's lookups.",
    "ambiguous_name": "Give this lookup a table or a file with the object that is meant; bulkcase lookups writes one.",
    "ambiguous_reference": "Give the id of the case that is meant instead of its reference.",
    "excel_error": "Mend the formula in the spreadsheet, or name the error value as input.clear_marker.",
    "cannot_clear": "This field cannot be emptied: leave the cell blank to leave the field alone.",
    # the planning
    "duplicate_case": 'Keep one row for the case, or set input.duplicates = "last".',
    "same_row": "Nothing to do: an identical row was sent.",
    "later_row": "Nothing to do: a later row of this case was sent, as the job asks.",
    "later_run": "Nothing to do: a newer run sent an update of this case; an older one never overwrites it.",
    "landed_before": "Nothing to do: this update landed in an earlier run.",
    "corrected_file": "Nothing to do: the run of the corrected file decides about this case.",
    "nothing_to_change": "Nothing to do: every mapped cell of the row is blank.",
    # the look at the live case
    "no_difference": "Nothing to do: the case has these values already.",
    "case_not_found": "Check the key, and the account and stream of the job; snapshot.filter may leave cases out.",
    "case_not_seen": "retry looks again; while cases come and go, snapshot.filter or a quieter hour helps.",
    "changed_since": "Look at the case; retry sends the row all the same, unless it is one of an undo.",
    "no_object": "Fill in this object of the case once by hand, or map it whole.",
    "odd_live_value": "Look at the case: it shows something else than the API documents. Map the field whole.",
    "no_custom_field": "Correct the name in [mapping.custom]: the display name of the field, or its internal one.",
    "ambiguous_custom_field": "Use the internal name of the custom field in [mapping.custom].",
    "mapped_twice": "Take one of the two keys out of [mapping.custom].",
    "custom_field_kind": "Change this field by hand: how several choices are sent is documented nowhere.",
    # what the case shows of what was sent
    "normalised": "Nothing to do: the server keeps the value in a form of its own.",
    "not_shown": "The answer proves nothing of these fields; bulkcase verify reads the case.",
    "mismatch": "Look at the case: the server took the update and shows another value. retry sends it again.",
    "not_applied": "The case does not have it: retry sends it again.",
    "changed_aside": "Look at the case: fields changed that were not sent; canary.json has them as they were.",
    "settled": "Nothing to do: the case was read, and has these values.",
    "left_alone": "Look at the case: what somebody has changed since was left as it is, the rest was put back.",
    "read_only": "Nothing to do: fields that the server owns are not put back.",
    # the API
    "http_400": "Read the message: the server did not accept this update as it is.",
    "http_403": "Ask the platform's administrator whether this app may update this case.",
    "http_404": "Check that the case id exists in this account.",
    "http_405": "Check connection.host: this address does not take updates.",
    "http_412": "Read the message: the server found a value of this update invalid.",
    "http_413": "Make the update smaller: the server refuses bodies of this size.",
    "answer_errors": "Read the message: the server answered success with errors, so nothing counts as changed.",
    "answer_html": "A proxy or a login page answered instead of the API: check connection.host and proxy.",
    "answer_not_a_case": "Something other than the API answered: check connection.host and proxy.",
    "answer_other_case": "The server answered for another case: look at both cases before sending again.",
    "redirected": "The server points elsewhere; the token is never sent there. Check connection.host.",
    "answer_broken": "The answer could not be read: look at the case, or send it again; values are set, not added.",
    "answer_too_large": "Nobody answers an update with so much: check connection.host and proxy, and look at the case.",
    "timeout": "No answer came in time: send the row again; values are set, not added. Consider a longer timeout.",
    "connection_lost": "No answer came that can be read: send the row again; values are set, not added.",
    "cut_off": "The run was ended before the answer came: resume sends the row again; values are set, not added.",
    "not_connected": "The server could not be reached: check network and connection.host, then send the row again.",
    "tls": "The server's certificate is not trusted here: set connection.ca_bundle.",
    "rate_limited": "The server throttles: lower quota.windows, others share this quota.",
    "credentials_refused": "Check client id, secret, scope (ticked and published), account and stream.",
    "wrong_target": "Check connection.stream_id and account_id.",
    "got_old": "Nothing to do: its case is read again, and then it is sent.",
    "stopped": "The run was stopped before this row was settled.",
}

CODES: Final = tuple(_TIPS)
"""Every code of the catalogue, in its order; plain HTTP statuses come on top."""

_SERVER_FAILED: Final = "The server failed; send the row again later."
_REFUSED: Final = "Read the message: the server refused this update."


def http_code(status: int) -> str:
    """Return the code of an answer that is nothing but its HTTP status."""
    return f"http_{status}"


def tip(code: str) -> str:
    """Return what a person can do about a cause; empty for a row that needs nobody."""
    if code in _TIPS or not code:
        return _TIPS.get(code, "")
    return _SERVER_FAILED if code.startswith("http_5") else _REFUSED


def known(code: str) -> bool:
    """Say whether a code is in the catalogue, or is a plain HTTP status."""
    return code in _TIPS or code.startswith("http_")
