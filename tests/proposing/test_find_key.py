"""Which column has the keys."""

from bulkcase.proposing import Column, Key, NoKey, find_key, look_at, told_key

IDS = ["ci-1a", "ci-2b", "ci-3c"]
REFERENCES = ["CS000100", "CS000101", "CS000102"]


def columns(**values: list[str]) -> list[Column]:
    """Return columns by name."""
    return [Column(name.replace("_", " "), look_at(cells)) for name, cells in values.items()]


def found(*, match: str | None = None, **values: list[str]) -> Key:
    """Return the key that is found among columns."""
    key = find_key(columns(**values), match)  # type: ignore[arg-type]  # a word of the job
    assert isinstance(key, Key)
    return key


def test_ids_are_the_key_whatever_the_column_is_called() -> None:
    """The look of the values says it, where no other column is called a key; else ids go before references."""
    key = found(Region=["a", "b", "c"], Anything=IDS)
    assert (key.column, key.match, key.repeats) == ("Anything", "_id", 0)
    assert found(Ticket=REFERENCES, Case_ID=IDS).column == "Case ID"
    assert found(Ticket=REFERENCES, Anything=IDS).column == "Ticket"


def test_a_column_that_many_rows_leave_blank_is_not_taken_for_the_key() -> None:
    """One id among duplicates of cases is no key of the file: the column that is called one is, or a person says it."""
    assert found(Ticket=REFERENCES, Duplicate_Of=["", "ci-9", ""]).column == "Ticket"
    sparse = ["CS000100", "", ""]
    for others in ({}, {"Fall-Nr": ["2026-0001", "2026-0002", "2026-0003"]}, {"Ticket": ["", "", "CS000102"]}):
        answer = find_key(columns(Parent_Case=sparse, **others))
        assert isinstance(answer, NoKey)
        assert "Parent Case" in {key.column for key in answer.among}


def test_a_full_column_is_not_taken_where_another_one_is_called_a_key() -> None:
    """Each case may have a parent, and its own number a form that is not known."""
    answer = find_key(columns(Fall_Nr=["2026-0001", "2026-0002", "2026-0003"], Parent_Case=REFERENCES))
    assert isinstance(answer, NoKey)
    assert answer.why == '"Parent Case" has keys of cases, but "Fall Nr" is called as they are'


def test_references_are_the_key_where_there_are_no_ids() -> None:
    """References of the usual form need no name, others one that says it."""
    assert found(Anything=REFERENCES).match == "refId"
    assert found(Ticket_Number=["ABC-1001", "ABC-1002"]).column == "Ticket Number"
    assert isinstance(find_key(columns(Order=["ABC-1001", "ABC-1002"])), NoKey)


def test_a_few_damaged_ids_are_no_obstacle() -> None:
    """Half of the values or more have to look like ids."""
    assert found(Case=["ci-1", "1,2E+10", "ci-2"]).why == "2 of 3 values look like ids of cases"
    assert isinstance(find_key(columns(Case=["ci-1", "a", "b"])), NoKey)


def test_of_two_columns_the_one_that_is_called_a_key_is_it() -> None:
    """A parent's id is not the case's own."""
    assert found(Parent=IDS, Case_ID=IDS).column == "Case ID"


def test_two_columns_that_could_be_it_are_a_question() -> None:
    """Which of two is meant is not guessed."""
    answer = find_key(columns(Parent=IDS, Child=IDS))
    assert isinstance(answer, NoKey)
    assert [key.column for key in answer.among] == ["Parent", "Child"]
    assert '"Parent" and "Child"' in answer.why


def test_no_key_says_what_one_looks_like() -> None:
    """Whoever has another file learns what to look for."""
    answer = find_key(columns(Name=["a"]))
    assert isinstance(answer, NoKey)
    assert "ci-" in answer.why
    assert "CS000100" in answer.why


def test_a_match_that_is_told_leaves_the_other_kind_out() -> None:
    """With both in a file, a person may want the references."""
    assert found(match="refId", Case=IDS, Ref=REFERENCES).column == "Ref"


def test_a_column_that_is_told_is_taken_as_it_is() -> None:
    """What its values are is told or seen, and never guessed."""
    (column,) = columns(Number=REFERENCES)
    assert told_key(column, None) == Key("Number", "refId", "as you said", 0)
    assert told_key(column, "_id") == Key("Number", "_id", "as you said", 0)
    assert told_key(columns(Number=["1", "2", "2"])[0], "_id") == Key("Number", "_id", "as you said", 1)
    assert told_key(columns(Anything=["ABC-1001", "ABC-1002"])[0], None) == Key("Anything", "refId", "as you said", 0)
    assert [told_key(columns(Number=values)[0], None) for values in (["1", "2"], [""])] == [None, None]
