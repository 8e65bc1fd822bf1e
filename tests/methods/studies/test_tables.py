"""The five tables of studies: the same columns as the release declares, and closed codes that the rows keep to."""

from __future__ import annotations

import pytest

from impact_pipeline.methods.studies import TABLES
from impact_pipeline.methods.studies.rows import schema_of, table_of
from impact_pipeline.release import BY_NAME


@pytest.mark.parametrize("name", TABLES)
def test_rows_have_the_columns_that_the_release_declares(name: str) -> None:
    assert schema_of(TABLES[name]) == BY_NAME[name].schema


@pytest.mark.parametrize("name", TABLES)
def test_a_table_without_rows_has_its_columns(name: str) -> None:
    assert table_of(name, [], 10).schema == BY_NAME[name].schema
