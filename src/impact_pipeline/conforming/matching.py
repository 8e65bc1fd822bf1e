"""Which field a header means: as declared, as a remembered mapping says, or written loosely; and which it may mean.

The headings of columns come in, fields go out. What is sure is matched whatever its case, accents, apostrophes, spaces,
numbering or unit in brackets; what only looks alike is suggested, for a person to confirm.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from rapidfuzz import fuzz

from impact_pipeline.declarations import FieldDeclaration, Instrument
from impact_pipeline.findings import column_of
from impact_pipeline.names import NEAR, plain

JOIN = " / "  # between a heading and those that stand under it
Way = Literal["mapped", "exact", "loose"]
Told = tuple[str, ...]  # the texts of a column's header, downwards

NUMBERING = re.compile(r"(?i)\s*((q|question|n°|no)\s*\.?\s*)?\d+([.\-]\d+)*\s?[a-z]?\s*[.)\-–—:/]+\s*(?=[^\W\d])")
BRACKETS = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*\*?\s*$")
# a unit in brackets that changes what the number means is no mere remark
SCALE = re.compile(r"(?i)[(\[]\s*(k|m)\s?(€|eur)|millier|million|%|pour ?cent|thousand")
MISREAD = re.compile("[ÃÂÄÅâ√Œ]")  # with what letters in UTF-8 begin, once read in another encoding
WITH_LETTER = re.compile(r"[A-Za-z%+<=>]|[^\x00-\x7f]").search  # more than figures and what is not compared
ABBREVIATIONS = {
    "nb": "nombre", "nbr": "nombre", "nbre": "nombre", "no": "numero", "num": "numero", "n": "numero", "tx": "taux",
    "mt": "montant", "mnt": "montant", "dep": "departement", "dpt": "departement", "dept": "departement",
    "qte": "quantite", "ca": "chiffre affaires", "cp": "code postal", "tel": "telephone", "moy": "moyenne",
    "obs": "observations", "nais": "naissance", "orga": "organisation", "assoc": "association", "resp": "responsable",
    "pers": "personnes", "tps": "temps", "jrs": "jours", "hrs": "heures", "h": "heures", "ttl": "total", "tot": "total",
}  # fmt: skip  # as people shorten headers
LINKS = frozenset(
    ["a", "au", "aux", "avec", "d", "dans", "de", "des", "du", "en", "et", "l", "la", "le", "les", "ou", "par", "pour",
     "sur", "the", "of", "and", "in"]
)  # fmt: skip
LETTERED = re.compile(r"(?i)(?:colonne|column) ([a-z]{1,3})")
ABBREVIATED = 90  # of 100: how alike a header and the name that it abbreviates are


@dataclass(frozen=True)
class Match:
    """What a column's header means: a field, or None for a column that the mapping tells to ignore."""

    field: str | None
    way: Way


@dataclass(frozen=True)
class Names:
    """Every spelling that means a field: as declared, as mapped, and stripped of brackets and numbering."""

    exact: Mapping[str, str]
    loose: Mapping[str, str]
    mapped: Mapping[str, str | None] = field(default_factory=dict)
    _known: dict[Told, Match | None] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def fields(self) -> frozenset[str]:
        """The fields that a header may name."""
        return frozenset(name for name in (*self.exact.values(), *self.loose.values(), *self.mapped.values()) if name)

    def match(self, told: Told) -> Match | None:
        """What the headings of one column mean, joined, or the lowest of them alone."""
        if told not in self._known:
            self._known[told] = self._match(told)
        return self._known[told]

    @cached_property
    def _without_letters(self) -> bool:
        """Whether a header of figures alone may name a field: most rows in which a header is sought hold many."""
        return not all(map(WITH_LETTER, (*self.exact, *self.loose, *self.mapped)))

    def names(self, text: str) -> bool:
        """Whether a cell alone names a field."""
        return bool(text) and self.match((text,)) is not None

    def _match(self, told: Told) -> Match | None:
        if not told or not (self._without_letters or any(map(WITH_LETTER, told))):
            return None
        whole = plain(JOIN.join(told))
        if whole in self.mapped:
            return Match(self.mapped[whole], "mapped")
        spellings = [JOIN.join(told[start:]) for start in range(len(told))]
        for text in [*spellings, *map(repaired, spellings)]:
            if plain(text) in self.exact:
                return Match(self.exact[plain(text)], "exact")
        if len(told) > 1 and not SCALE.search(told[-1]) and re.fullmatch(r"\W*[(\[].*[)\]]\W*", told[-1]):
            spellings.append(JOIN.join(told[:-1]))  # a unit or a hint stands under the name
        for bare in (bare for text in map(repaired, spellings) for bare in (plain(text), *_bare(text))):
            name = self.exact.get(bare) or self.loose.get(bare)
            if name:
                return Match(name, "loose")
        return None


def spellings(instrument: Instrument) -> dict[str, str]:
    """Plain spelling of a header -> field: its name, labels, synonyms, and its name in the previous version."""
    found = {plain(old): new for old, new in instrument.corresponds.items()}
    found |= {plain(code): former.field for code, former in instrument.former.items()}
    for item in instrument.fields:
        for spelling in _spellings_of(item):
            found[plain(spelling)] = item.name
    return found


def names_of(instrument: Instrument, mapped: Mapping[str, str | None] | None = None) -> Names:
    """The names of an instrument's fields; `mapped`: header as written -> field, or None to ignore the column."""
    exact = spellings(instrument)
    bare = [(text, item.name) for item in instrument.fields for s in _spellings_of(item) for text in _bare(s)]
    owners = Counter(text for text, _ in set(bare))
    loose = {text: name for text, name in bare if owners[text] == 1 and text not in exact}
    return Names(exact, loose, {plain(header): name for header, name in (mapped or {}).items()})


def lettered(parts: Mapping[int, Told], names: Names) -> Mapping[int, Told]:
    """The headings, where a column without any that a mapping names by its letter (`colonne C`) bears that name."""
    named = {
        column_of(found[1]): (header,)
        for header in names.mapped
        if (found := LETTERED.fullmatch(header)) and not parts.get(column_of(found[1]))
    }
    return {**parts, **named} if named else parts


def matched(parts: Mapping[int, Told], names: Names) -> dict[int, Match]:
    """Column -> what it means. A field that a mapping or an exact spelling names is not read loosely elsewhere, and
    two columns that mean the same field but loosely are none of them taken."""
    found = {column: match for column, told in parts.items() if (match := names.match(told)) is not None}
    sure = {match.field for match in found.values() if match.way != "loose"}
    loosely = Counter(match.field for match in found.values() if match.way == "loose")
    mapped = {match.field for match in found.values() if match.way == "mapped"} - {None}
    return {
        column: match
        for column, match in found.items()
        if match.way == "mapped"
        or (match.way == "exact" and match.field not in mapped)
        or (match.way == "loose" and match.field not in sure and loosely[match.field] == 1)
    }


def likely(headers: Iterable[tuple[int, str]], fields: Collection[FieldDeclaration]) -> dict[int, str]:
    """Column -> field, for headers that look like the name of a field that no column answers; likeliest pairs first,
    each column and each field once."""
    pairs = [
        (likeness(header, item), column, item.name)
        for column, header in headers
        if header and any(c.isalpha() for c in header)
        for item in fields
    ]
    found: dict[int, str] = {}
    for score, column, name in sorted(pairs, key=lambda pair: (-pair[0], pair[1])):
        if score >= NEAR and column not in found and name not in found.values():
            found[column] = name
    return found


def likeness(header: str, item: FieldDeclaration) -> float:
    """From 0 to 100: how much a header looks like a name of a field, abbreviated, misspelt or in another order."""
    return max(_likeness(header, spelling) for spelling in _spellings_of(item))


def _likeness(header: str, spelling: str) -> float:
    written, known = plain(repaired(header)), plain(spelling)
    score = max(fuzz.ratio(written, known), fuzz.token_sort_ratio(written, known))
    return max(score, ABBREVIATED) if _abbreviates(_words(header), _words(spelling)) else score


def _words(text: str) -> list[str]:
    written = (ABBREVIATIONS.get(word, word) for word in plain(text).split())
    return [word for words in written for word in words.split() if word not in LINKS]


def _abbreviates(short: Sequence[str], long: Sequence[str]) -> bool:
    """Whether each word of a header begins a word of the name, all of them in order, two letters at least."""
    return len(short) == len(long) > 0 and all(
        len(begun) >= 2 and word.startswith(begun) for begun, word in zip(short, long, strict=True)
    )


def _spellings_of(item: FieldDeclaration) -> Iterator[str]:
    yield from (item.name, item.label.fr, item.label.en, *item.synonyms)
    if item.reference:
        yield item.reference


def _bare(text: str) -> Iterator[str]:
    """The plain text without its numbering, and without what stands in brackets at its end."""
    unnumbered = NUMBERING.sub("", text, count=1) if NUMBERING.match(text) else text
    for bare in (unnumbered, *(BRACKETS.sub("", t) for t in (unnumbered, text) if not SCALE.search(t))):
        if bare != text and plain(bare):
            yield plain(bare)


def repaired(text: str) -> str:
    """`PÃ©riode` is `Période` written in UTF-8 and read in Windows Western by whoever saved the file."""
    if not MISREAD.search(text):
        return text
    import ftfy  # a quarter of a second, for the few files that need it

    return ftfy.fix_encoding(text)
