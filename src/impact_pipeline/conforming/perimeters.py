"""How the perimeters, periods and indicators of an instrument are recognised in the texts of a cross table.

A text comes in, in any order and spelling (`ARTEMIS T1`, `T2-Ecole`, `École / 1er trim.`, `École année`); what it names
goes out, or None. Where a table stands, and which texts are its headings, is told elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from impact_pipeline.conforming.answers import code_of
from impact_pipeline.conforming.calendar import read_period
from impact_pipeline.conforming.matching import spellings
from impact_pipeline.declarations import FieldDeclaration, Instrument, Schemas
from impact_pipeline.names import plain

YEAR = re.compile(r"(19|20)\d\d")
BETWEEN = re.compile(r"\s*[\s\-–—/_:|,;()\[\]]\s*")  # what may stand between a perimeter and a period
LENGTHS = ("month", "quarter", "semester", "school-year", "year")  # from the shortest
WHOLE_YEAR = frozenset(["annee", "an", "annuel", "annuelle", "annee civile", "annee complete", "year", "full year"])
OFTEN = {  # how a column of periodicities says each length
    "month": ("mois", "mensuel", "mensuelle", "mensuels", "monthly"),
    "quarter": ("trimestre", "trimestriel", "trimestrielle", "trimestriels", "quarterly", "t"),
    "semester": ("semestre", "semestriel", "semestrielle", "semestriels", "half yearly", "s"),
    "year": ("annee", "an", "annuel", "annuelle", "annuels", "yearly", "annual", "a"),
}
FORMS = {  # a period as read -> its length
    "month": re.compile(r"\d{4}-\d\d"),
    "quarter": re.compile(r"\d{4}-Q\d"),
    "semester": re.compile(r"\d{4}-S\d"),
    "school-year": re.compile(r"\d{4}-\d{4}"),
    "year": re.compile(r"\d{4}"),
}
KINDS_OF_PLACE = (
    "service", "services", "perimetre", "structure", "etablissement", "site", "pole", "entite", "antenne", "dispositif",
    "perimeter", "organisation", "equipe",
)  # fmt: skip
# words beside a period that say how its figures were made, not where
NOT_A_PERIMETER = re.compile(
    r"(objectifs?|cibles?|evolutions?|ecarts?|variations?|prevus?|previsions?|previsionnels?|realises?|taux|commentaires?"
    r"|observations?|remarques?|notes?|unites?|sources?|targets?|change|comments?|rappel|reel|budget|n|%)( .*)?"
)


class When(NamedTuple):
    """A period as it is stored; `is_longer` where it is longer than those that the instrument asks by default."""

    period: str
    is_longer: bool


class Both(NamedTuple):
    """A perimeter as written and a period that one text names together."""

    perimeter: str
    period: str
    is_longer: bool


@dataclass(frozen=True)
class Reader:
    """How perimeters, periods and indicators of an instrument are recognised; `year` is the submission's, or the
    sheet's."""

    instrument: Instrument
    schemas: Schemas
    year: int | None
    filled: Mapping[str, str]

    @property
    def unit(self) -> str:
        return self.instrument.key[0]

    @property
    def wave(self) -> str:
        return self.instrument.key[1]

    @cached_property
    def indicators(self) -> dict[str, str]:
        """Plain spelling -> field, keys aside."""
        return {text: name for text, name in spellings(self.instrument).items() if name not in self.instrument.key}

    @cached_property
    def former(self) -> dict[str, str]:
        """Plain spelling of a former code -> that code as declared."""
        return {plain(code): code for code in self.instrument.former}

    @property
    def is_listed(self) -> bool:
        """Whether perimeters come from a code list, so that other texts cannot be one."""
        return self.instrument.by_name[self.unit].codes is not None

    @property
    def length(self) -> str:
        """How long the periods are that the instrument asks by default."""
        return str(self.instrument.by_name[self.wave].period)

    def periodicity(self, field: FieldDeclaration) -> str:
        """How often an indicator is due."""
        return field.periodicity or self.length

    def period(self, text: str, year: int | None) -> str | None:
        cell = read_period(text, "t", self.length, year)
        return None if cell.status else str(cell.value)

    def when(self, text: str, year: int | None) -> When | None:
        """The period that a text names, of the instrument's length or of a longer one."""
        if (text, year) not in self._when:
            self._when[text, year] = self._read(text, year)
        return self._when[text, year]

    @cached_property
    def _when(self) -> dict[tuple[str, int | None], When | None]:
        return {}

    def _read(self, text: str, year: int | None) -> When | None:
        period = self.period(text, year)
        if period:
            return When(period, False)
        for length in LENGTHS[LENGTHS.index(self.length) + 1 :]:
            if length == "semester":
                cell = read_period(text, "t", length, year)
                if not cell.status:
                    return When(str(cell.value), True)
        found = YEAR.search(text)
        words = plain(YEAR.sub("", text))
        told = found[0] if found else str(year) if year else None
        return When(told, True) if words in WHOLE_YEAR and told and self.length != "year" else None

    def often(self, text: str) -> str | None:
        """The length that a cell of a column of periodicities tells."""
        return next((length for length, words in OFTEN.items() if plain(text) in words), None)

    def is_perimeter(self, text: str) -> bool:
        """Whether a text may be a perimeter: any name may, or those that the code list knows."""
        if self.is_listed:
            return self._code(text) is not None
        return bool(re.search(r"[a-z]", plain(text))) and not NOT_A_PERIMETER.fullmatch(plain(text))

    def same(self, text: str) -> str:
        """One spelling for all those of a perimeter."""
        if text not in self._same:
            self._same[text] = self._code(text) or plain(self.bare(text))
        return self._same[text]

    @cached_property
    def _same(self) -> dict[str, str]:
        return {}

    def name(self, text: str) -> str:
        """The name of a perimeter as the code list knows it, without what stands before it."""
        if text not in self._names:
            bare = self.bare(text)
            ways = (text, bare, _without_kind(text))
            self._names[text] = next((way for way in ways if self._exactly(way)), bare)
        return self._names[text]

    @cached_property
    def _names(self) -> dict[str, str]:
        return {}

    def bare(self, text: str) -> str:
        """The name without the kind of place before it: `Service : ARTEMIS`; kept whole where the list knows it so."""
        if self.is_listed and self._exactly(text):
            return text
        found = re.match(rf"(?i)\s*({'|'.join(KINDS_OF_PLACE)})\s*[:\-–—]\s*(?=\S)", plain_letters(text))
        return text[found.end() :].strip() if found else text

    def _code(self, text: str) -> str | None:
        return self._exactly(self.name(text))

    def _exactly(self, text: str) -> str | None:
        codes = self.instrument.by_name[self.unit].codes
        return None if codes is None else code_of(text, self.schemas.codelist(codes))

    def split(self, text: str, year: int | None, *, listed: bool = True) -> Both | None:
        """Perimeter and period that one heading names together (`Recyclerie T1`, `T1 - Recyclerie`, `T2-Ecole`).

        Of several ways to cut it, the one whose period says most. Without `listed`, the perimeter may be any text.
        """
        best: tuple[int, Both] | None = None
        for words, its_year in _without_year(text, year):
            for cut in BETWEEN.finditer(words):
                before, after = _trimmed(words[: cut.start()]), _trimmed(words[cut.end() :])
                for name, told in ((before, after), (after, before)):
                    when = self.when(told, its_year) if name and told else None
                    may_be = self.is_perimeter(name) if listed else not NOT_A_PERIMETER.fullmatch(plain(name))
                    if when and may_be and (best is None or len(told) > best[0]):
                        best = len(told), Both(name, *when)
            if best:
                return best[1]
        return None


def length_of(period: str) -> str | None:
    """How long a period is, from its stored form."""
    return next((length for length, form in FORMS.items() if form.fullmatch(period)), None)


def plain_letters(text: str) -> str:
    """The text without accents, letter for letter, so that positions hold."""
    return "".join(plain(letter) or letter for letter in text)


def _without_kind(text: str) -> str:
    first, _, rest = text.strip().partition(" ")
    return rest.strip() if plain(first) in KINDS_OF_PLACE and rest.strip() else text


def _without_year(text: str, year: int | None) -> list[tuple[str, int | None]]:
    """The text, and where a year stands at one of its ends, the text without it: `T1 ARTEMIS 2025`."""
    ends = [found for found in YEAR.finditer(text) if found.start() == 0 or found.end() == len(text)]
    return [
        (text, year),
        *((_trimmed(text[: found.start()] + text[found.end() :]), int(found[0])) for found in ends),
    ]


def _trimmed(text: str) -> str:
    return text.strip(" \t\n-–—/_:|,;()[]")
