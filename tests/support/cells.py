"""Cells as files may have them, the odd ones too."""

import datetime as dt

from hypothesis import strategies as st

from bulkcase.cells import Cell

_offsets = st.integers(-1439, 1439).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
_zones = st.none() | _offsets

texts = (
    st.text()
    | st.text(alphabet=st.characters(), max_size=5)
    | st.sampled_from(["", "Größe", "\ud83d", "\udc80x", "\0"])
)
"""Texts with every character there is, halves of characters among them."""

cells: st.SearchStrategy[Cell] = st.one_of(
    texts,
    st.booleans(),
    st.integers() | st.integers(2**62, 2**70) | st.integers(-(2**70), -(2**62)),
    st.floats(allow_nan=False),
    st.datetimes(timezones=_zones),
    st.dates(),
    st.times(timezones=_zones),
    st.timedeltas(),
)
"""Every kind of cell but NaN, which is not equal to itself."""
