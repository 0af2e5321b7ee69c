"""Results as pandas DataFrames, with columns of one type each, whatever rows there are."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

Kind = Literal["cell", "text", "count", "whole", "real", "moment", "flag"] | type[StrEnum] | Sequence[str]
"""What a column holds: cells as they were read; texts; whole numbers, everywhere or in some rows; numbers; seconds
since the epoch, which become moments in UTC; yes or no; or one of a few words, which are given."""
_TYPES: Final = {"count": "int64", "whole": "Int64", "real": "float64", "flag": "bool"}

Columns = Mapping[str, Kind] | Sequence[tuple[str, Kind]]
"""Names, which may be those of a file, and kinds."""


def frame_of(columns: Columns, lines: Iterable[Sequence[object]], *, index: str | None = None) -> "pd.DataFrame":
    """Return a DataFrame with these columns, a row for each line.

    Where the index has a name, the first value of each line stands there: a whole number, and no column.
    """
    import pandas as pd  # noqa: PLC0415 - half a second that only a frame needs

    named = list(columns.items() if isinstance(columns, Mapping) else columns)
    if index is not None:
        named.insert(0, (index, "count"))
    values: list[list[object]] = [[] for _ in named]
    for line in lines:
        for column, value in zip(values, line, strict=True):
            column.append(value)
    series = [_series(kind, column) for (_, kind), column in zip(named, values, strict=True)]
    # By their places: a file may have a column of any name.
    frame = pd.DataFrame(dict(enumerate(series)))
    frame = frame if index is None else frame.set_index(0)
    frame.columns = pd.Index([name for name, _ in named[index is not None :]], dtype=object)
    return frame.rename_axis(index)


def _series(kind: Kind, values: list[Any]) -> "pd.Series[Any]":
    """Return a column; where it is empty throughout, pandas cannot know what it would hold."""
    import pandas as pd  # noqa: PLC0415 - as above

    if kind == "moment":
        return pd.to_datetime(pd.Series(values, dtype="float64"), unit="s", utc=True).dt.as_unit("ns")
    if kind == "cell":
        return pd.Series(values) if values else pd.Series(values, dtype=object)
    if kind == "text":
        # Of the type that this version of pandas has for texts.
        return pd.Series(values, dtype=pd.Series([""]).dtype)
    if isinstance(kind, str):
        return pd.Series(values, dtype=_TYPES[kind])
    return pd.Series(pd.Categorical([str(value) for value in values], categories=[str(word) for word in kind]))


class Records(list[T]):
    """Results of one kind: a list, and a table for whoever wants one."""

    def __init__(self, found: Iterable[T], as_frame: Callable[[Sequence[T]], "pd.DataFrame"]) -> None:
        super().__init__(found)
        self._as_frame = as_frame

    def frame(self) -> "pd.DataFrame":
        """Return them as a pandas DataFrame."""
        return self._as_frame(self)

    def _repr_html_(self) -> str:
        """Return them as a notebook shows them."""
        import pandas as pd  # noqa: PLC0415 - as above

        with pd.option_context("display.max_colwidth", None):  # what is to be done stands at the end of a message
            return str(self.frame()._repr_html_())  # type: ignore[operator]  # the stubs leave it out
