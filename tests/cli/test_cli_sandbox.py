"""bulkcase sandbox: what its options take."""

import pytest

from bulkcase.cli.commands import answer


@pytest.mark.parametrize("chance", ["", "often", "nan", "-0.1", "2", "inf"])
def test_a_chance_is_a_share(chance: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Anything else is one line that says what to write."""
    assert answer(["sandbox", "--fault", f"gzip_bomb={chance}"]) == 2
    told = "must be KIND=CHANCE with a chance from 0 to 1, such as gzip_bomb=0.05"
    assert capsys.readouterr().err == f"error: --fault gzip_bomb={chance}: {told}\n"


def test_chances_are_no_more_than_all_calls(capsys: pytest.CaptureFixture[str]) -> None:
    """Their sum is one at most."""
    assert answer(["sandbox", "--fault", "hang=0.6", "--fault", "html=0.6"]) == 2
    assert capsys.readouterr().err.endswith("chances must be 0 or more and at most 1 in all\n")


def test_who_interrupts_a_command_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Also one that has no loop of its own, where typer would end it without a word."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bulkcase.cli.purge.purge", interrupted)
    assert answer(["purge", "--older-than", "90d", "--yes"]) == 130
    assert capsys.readouterr().err == "interrupted: nothing more is done\n"
