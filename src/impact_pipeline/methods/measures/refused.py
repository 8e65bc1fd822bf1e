"""How a figure about a measure is refused."""

from __future__ import annotations


class RefusedMeasure(ValueError):
    """A figure about a measure that would mislead; `code` is stable, the text says what was found."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
