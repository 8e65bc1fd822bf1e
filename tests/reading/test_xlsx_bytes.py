"""What the bytes of a sheet tell: the same as patterns tried at each place would, wherever a block of bytes ends."""

from __future__ import annotations

import re
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact_pipeline.reading import xlsx_bytes

PIECES = st.lists(
    st.sampled_from([
        '<c r="A1"', '<c r="AB12"', '<c r="ABC1"', '<c r="XFD1048576"', '<c r="A"', '<c r="1"', '<c r="a1"',
        '<c s="1" r="A1"', "<c", "<c ", "<c>", "<c/>", "<cols>", "<col ", "<f>", "<f ", "<f", "<filterColumn", "<v>",
        "<v", "</v>", "<row ", "<r>", "<!", "<x:c ", "<x:f>", "<x:cd>", ":", ' r="A1"', "é", ">", "/", '"',
    ]),
    max_size=12,
).map(lambda pieces: "".join(pieces).encode())  # fmt: skip
BLOCKS = st.sampled_from([1, 7, xlsx_bytes.BLOCK])


@contextmanager
def blocks_of(size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xlsx_bytes, "BLOCK", size)
        yield


@given(PIECES, BLOCKS, st.integers(0, 5))
def test_marks_are_counted_as_the_bytes_have_them(xml, size, begin):
    with blocks_of(size):
        for mark in ("<v>", "<row", "<!", "<c"):
            assert xlsx_bytes.count(xml, mark, begin) == xml.count(mark.encode(), begin)


@given(PIECES, BLOCKS, st.sampled_from([(1, 1), (2, 1), (2, 2), (3, 7)]))
def test_addresses_are_those_of_everybody_or_not(xml, size, most):
    other = re.compile(rb'<c(?! r="[A-Z]{1,%d}[0-9]{1,%d}")(?=[\s/>])' % most)
    with blocks_of(size):
        assert xlsx_bytes.has_addresses(xml, 0, *most) == (other.search(xml) is None)


@given(PIECES, BLOCKS)
def test_a_plain_sheet_has_no_formula_no_comment_and_no_prefix(xml, size):
    other = re.compile(rb"<(?:f[\s/>]|!|[A-Za-z0-9]+:(?:c|row|f)\b)")
    with blocks_of(size):
        assert xlsx_bytes.is_plain(xml, 0) == (other.search(xml) is None)
