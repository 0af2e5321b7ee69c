"""What becomes of each column."""

from bulkcase.proposing import Column, How, Key, Placing, Proposal, State, look_at, placings

KEY = Key("Case ID", "_id", "", 0)
DATES = ["2026-04-13", "2026-04-14"]


def placed(**values: list[str]) -> dict[str, Placing]:
    """Return what becomes of columns, by name."""
    found = placings([Column(name.replace("_", " "), look_at(cells)) for name, cells in values.items()], KEY)
    return {each.column: each for each in found}


def proposal(**values: list[str]) -> Proposal:
    """Return the proposal of columns."""
    return Proposal(KEY, list(placed(**values).values()), zone_here="Europe/Berlin")


def test_a_column_is_mapped_only_where_name_and_values_are_sure() -> None:
    """A doubt of either makes it a suggestion."""
    found = placed(Case_ID=["ci-1"], Status=["Open"], Notes=["x"], Active=["yes"])
    assert {name: each.state for name, each in found.items()} == {
        "Case ID": State.KEY,
        "Status": State.MAPPED,
        "Notes": State.SUGGESTED,
        "Active": State.SUGGESTED,
    }


def test_what_the_server_sets_is_left_with_the_reason() -> None:
    """No read-only field is ever proposed."""
    each = placed(Last_Updated=DATES)["Last Updated"]
    assert (each.state, each.why) == (State.LEFT, "updatedAt, which the server sets: never sent")


def test_a_column_of_which_no_value_can_be_read_is_left() -> None:
    """Nobody is asked whether words are true or false."""
    each = placed(Active=["open", "closed"])["Active"]
    assert (each.state, each.why) == (
        State.LEFT,
        "isActive by its name, but 2 of its 2 values are not true or false",
    )


def test_references_beside_the_ids_are_left() -> None:
    """One key is enough."""
    assert 'the key is "Case ID"' in placed(ID=["CS000100"])["ID"].why


def test_an_unknown_column_may_be_a_custom_field() -> None:
    """It is one under its own name, if it is one."""
    each = placed(Region=["EMEA"])["Region"]
    assert (each.state, each.field) == (State.CUSTOM, "custom.Region")


def test_e_mail_addresses_are_known_by_their_look() -> None:
    """A name that says nothing is no obstacle, and a person has to say yes."""
    each = placed(Wer=["a@example.com"])["Wer"]
    assert (each.state, each.field) == (State.SUGGESTED, "userInfo.emailId")


def test_the_better_name_has_the_field_and_the_other_is_told_so() -> None:
    """Two columns never map one field."""
    found = placed(Status=["Open"], New_Status=["Closed"], State=["x"])
    assert found["New Status"].state is State.MAPPED
    assert {found["Status"].instead_of, found["State"].instead_of} == {"New Status"}


def test_a_column_whose_name_is_more_than_that_of_a_field_makes_both_a_question() -> None:
    """A target beside a status may be what is to be sent, and the other what the case has."""
    found = placed(Status=["Open"], Target_Status=["Closed"], Due_Date=DATES, Due_Date_to_set=DATES, Region=["EMEA"])
    assert [(each.state, each.field) for each in found.values()] == [
        *[(State.SUGGESTED, "status")] * 2,
        *[(State.SUGGESTED, "dueDate")] * 2,
        (State.CUSTOM, "custom.Region"),
    ]
    assert '"Target Status" may be status as well' in found["Status"].why


def test_beside_a_new_value_the_others_may_be_those_of_the_export() -> None:
    """Whoever changes the status alone does not want the titles of last week back."""
    found = placed(New_Status=["Closed"], Title=["x"], Priority=["High"], Status=["Open"])
    assert [each.state for each in found.values()] == [
        *(State.MAPPED, State.SUGGESTED, State.SUGGESTED, State.LEFT),
    ]
    assert '"New Status" is there' in found["Title"].why


def test_two_names_that_are_as_good_are_both_asked_about() -> None:
    """Neither is mapped, and each says which other there is."""
    found = placed(Tag=["a;b"], Tags=["c;d"])
    assert {each.state for each in found.values()} == {State.SUGGESTED}
    assert '"Tags" may be tags as well' in found["Tag"].why


def test_an_answer_maps_a_column_and_leaves_the_others() -> None:
    """Of those that could have the field only one gets it."""
    answered = proposal(Notes=["x"], Comments=["y"]).answered("Comments", How())
    assert [(each.column, each.field) for each in answered.mapped] == [("Comments", "desc")]
    assert answered.open == []


def test_dates_without_a_zone_are_not_mapped_until_somebody_says_it() -> None:
    """A date is never placed in a zone that nobody named."""
    dates = proposal(Due=DATES)
    assert dates.needs_zone
    assert dates.with_zone(None).mapped == []
    assert dates.with_zone(None).waits_for_zone
    assert [each.field for each in dates.with_zone("UTC").mapped] == ["dueDate"]
    assert not dates.with_zone("UTC").waits_for_zone


def test_half_a_character_in_a_name_cannot_stand_in_a_job() -> None:
    """Such a column is left with the advice to rename it."""
    assert placed(**{"half \ud800": ["x"]})["half \ud800"].state is State.LEFT
