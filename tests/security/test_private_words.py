"""What a server says instead of its cases, where a job has private fields."""

from pathlib import Path

import pytest
from support.live import live

from bulkcase.errors import EnvironmentFailed
from bulkcase.operations.plan import plan

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("private", ["", '[report]\nprivate = ["name"]'])
async def test_words_in_the_place_of_live_cases_are_withheld_where_fields_are_private(
    tmp_path: Path, private: str
) -> None:
    """A server may repeat the name that was searched for; without private fields, its words help."""
    async with live(tmp_path, 3, is_hasty=True) as scene:
        scene.notes(3)
        scene.hide_its_cases(after=0)
        with pytest.raises(EnvironmentFailed, match="live cases cannot be read") as caught:
            await plan(scene.job(more=private, snapshot='read = "always"'), runtime=scene.runtime)
    assert ("HTTP 500, its words withheld" in str(caught.value)) is bool(private)
