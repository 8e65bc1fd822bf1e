"""How the units of an instrument were drawn, and how the errors of its estimates are told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from impact_pipeline.declarations.common import Declaration, FieldName, Wrong, refuse
from impact_pipeline.declarations.programme import SinglePsu

ROLES = ("weight", "stratum", "psu", "fpc", "fpc_within")  # of fields in a design


class Replication(Declaration):
    """Errors from samples made up of the sampling units that were drawn, in place of linearisation.

    jackknife: each sampling unit left out in turn; brr: half of each pair of sampling units, in balanced combinations,
    or with `fay` above zero a part of it; bootstrap: sampling units drawn again, `replicates` times.
    """

    method: Literal["jackknife", "brr", "bootstrap"]
    fay: float = Field(0, ge=0, lt=1, description="of brr: what is left of the weight of the other half")
    replicates: int | None = Field(None, ge=50, le=10_000, description="of a bootstrap: how many samples")
    seed: int | None = Field(None, ge=0, description="of a bootstrap: the same seed draws the same samples")

    @model_validator(mode="after")
    def _coherent(self) -> Replication:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        if self.fay and self.method != "brr":
            yield Wrong(("fay",), self.fay, "it under `method: brr` alone")
        for key in ("replicates", "seed"):
            given = getattr(self, key)
            if given is None and self.method == "bootstrap":
                yield Wrong(("method",), self.method, f"its `{key}` too: what is drawn must be drawn again the same")
            if given is not None and self.method != "bootstrap":
                yield Wrong((key,), given, "it under `method: bootstrap` alone")


class Design(Declaration):
    """How the units were drawn: names of fields; none means a simple random sample with equal weights."""

    weight: FieldName | None = None
    stratum: FieldName | None = None
    psu: FieldName | None = Field(None, description="primary sampling unit; the unit itself unless given")
    fpc: FieldName | None = Field(None, description="number of primary sampling units in the stratum's population")
    fpc_within: FieldName | None = Field(
        None, description="number of units in the population of the primary sampling unit; with `psu` and `fpc`"
    )
    single_psu: SinglePsu | None = None
    errors: Replication | None = Field(None, description="by linearisation unless given")

    @model_validator(mode="after")
    def _coherent(self) -> Design:
        refuse(self._wrongs())
        return self

    def _wrongs(self) -> Iterator[Wrong]:
        if self.psu is not None and (self.fpc is None) != (self.fpc_within is None):
            given, other = ("fpc_within", "fpc") if self.fpc is None else ("fpc", "fpc_within")
            expected = f"`{other}` too, or neither: what varies within sampling units would be told too precisely"
            yield Wrong((given,), getattr(self, given), expected)
        if self.psu is None and self.fpc_within is not None:
            yield Wrong(("fpc_within",), self.fpc_within, "`psu` too: units within what")
        if self.errors is not None and self.psu is None:
            yield Wrong(("errors", "method"), self.errors.method, "`psu` too: samples are made up of sampling units")
        if self.errors is not None and self.fpc is not None:
            expected = "no `fpc`: samples made up this way hold that populations are large"
            yield Wrong(("errors", "method"), self.errors.method, expected)
