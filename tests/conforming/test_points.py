"""Places: latitude and longitude in any writing; exchanged ones are put right in France, and told elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conforming.cells import read, values

WAYS = ("{a}, {b}", "{a},{b}", "{a} {b}", "{a};{b}", "({a}, {b})", "{a} {b} 320.5 4.8", "{A} ; {B}", "{A}, {B}",
        "{A},{B}", "POINT({b} {a})", "{A} {B}", "N {a}° E {b}°", "{a}° N, {b}° E")  # fmt: skip


@given(
    latitude=st.decimals(42, 51, places=4),
    longitude=st.decimals("0.1", 8, places=4),
    way=st.sampled_from(WAYS),
)
def test_a_place_of_france_in_any_writing(latitude, longitude, way):
    text = way.format(a=latitude, b=longitude, A=f"{latitude}".replace(".", ","), B=f"{longitude}".replace(".", ","))
    (value,) = values("point", text)
    assert [float(number) for number in value.split(", ")] == [float(latitude), float(longitude)]


@given(latitude=st.decimals(42, 51, places=4), longitude=st.decimals(-5, 9, places=4))
def test_exchanged_coordinates_are_put_right_and_told(latitude, longitude):
    assert [(c.value, c.code) for c in read("point", f"{longitude}, {latitude}")] == [
        (f"{latitude}, {longitude}", "point-reversed")
    ]


def test_degrees_minutes_and_seconds():
    texts = "44°44'06\"N 4°35'55\"E", "44° 44′ 06″ N, 4° 35′ 55″ E", "N 44°44'06\" E 4°35'55\"", "44°44.1'N 4°35.9167'E"
    for value in values("point", *texts):
        latitude, longitude = map(float, value.split(", "))
        assert latitude == pytest.approx(44.735, abs=1e-6)
        assert longitude == pytest.approx(4.598611, abs=2e-6)
    assert values("point", "48°30'N 4°30'O") == ["48.5, -4.5"]


def test_overseas_is_france_and_a_place_elsewhere_is_asked_about():
    assert [c.code for c in read("point", "-21.1, 55.5", "16.2, -61.5")] == ["", ""]
    assert [(c.value, c.code) for c in read("point", "0, 0", "52.52, 13.4")] == [
        ("0, 0", "point-outside-france"), ("52.52, 13.4", "point-outside-france"),
    ]  # fmt: skip
    assert values("point", "447352, 45986", "44.7", "Privas", "95.1, 200.2", "44,7,4,5,3") == ["invalid-point"] * 5
