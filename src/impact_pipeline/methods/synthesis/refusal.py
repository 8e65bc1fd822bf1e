"""Why effects cannot be put together honestly: one exception, with a stable code and a sentence in both languages."""

from __future__ import annotations


class RefusedSynthesis(ValueError):
    """A synthesis that would mislead; `code` is stable and its sentence is in the catalogues (`synthesis.po`)."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
