"""Where something stands, as an address that people read and as the place it names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from impact_pipeline.findings import Place, place_of


@given(st.none() | st.text(min_size=1, max_size=5), st.integers(1, 1_048_576), st.integers(0, 16_383))
def test_an_address_names_its_place(sheet, row, column):
    place = Place(sheet, row, column)
    assert place_of(place.address) == place
