"""Telephone numbers and addresses of electronic mail.

Distinct cells come in; numbers as `+33612345678` and addresses without spaces go out. A number without country is
French, mainland first, then overseas.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat

from impact_pipeline.conforming.identifiers import SCIENTIFIC
from impact_pipeline.conforming.typed import Cell, Column, Raw, each, invalid

REGIONS = ("FR", "GP", "BL", "MF", "MQ", "GF", "RE", "YT", "PM")  # those that dial a zero and nine digits
USES = (
    "fixed_line", "mobile", "voip", "toll_free", "shared_cost", "premium_rate", "personal_number", "uan", "pager",
    "voicemail",
)  # fmt: skip
BETWEEN_DIGITS = re.compile(r"[\s.\-–_()]+")
TRUNK = re.compile(r"\(\s*0\s*\)")  # +33 (0)6
SEVERAL = re.compile(r"\s*(?:[/;,|\n]|\bou\b|\bet\b|\bor\b|\band\b)\s*")
ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"
)


def read_phones(cells: Collection[Raw]) -> Column:
    """Telephone numbers; a lost first zero comes back where it makes a French number."""
    return each(cells, _phone)


def read_emails(cells: Collection[Raw]) -> Column:
    """Addresses of electronic mail."""
    return each(cells, _email)


def _phone(text: str, kind: str) -> Cell:
    if SCIENTIFIC.fullmatch(text):
        return invalid("lost-digits")
    found = _number(text)
    if found:
        number, restored = found
        if text == number:
            return Cell(number)
        return Cell(number, code="zero-restored" if restored else "phone-converted", as_read=number)
    several = _several(text)
    numbers = [_number(part) for part in several]
    if len(several) > 1 and all(numbers) and numbers[0]:
        return Cell(numbers[0][0], code="several-phones", as_read=numbers[0][0])
    return invalid("invalid-phone")


def _several(text: str) -> list[str]:
    return [part for part in SEVERAL.split(text) if part]


def _number(text: str) -> tuple[str, bool] | None:
    """A number in international writing, and whether its first zero was put back; None where it is none."""
    digits = BETWEEN_DIGITS.sub("", TRUNK.sub("", text.replace("\u00a0", " ")))
    digits = re.sub(r"^00", "+", digits)
    if re.fullmatch(r"33[1-9]\d{8}", digits):
        digits = f"+{digits}"
    if re.fullmatch(r"0?[1-9]\d{8}", digits):
        country = _country(digits[-9:])
        return (f"+{country}{digits[-9:]}", len(digits) == 9) if country else None
    if digits.startswith("+330"):
        digits = f"+33{digits[4:]}"
    if not re.fullmatch(r"\+\d{7,15}", digits):
        return None
    if digits.startswith("+33") and _country(digits[3:]) == 33:
        return digits, False
    try:
        number = phonenumbers.parse(digits, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164), False


def _country(national: str) -> int | None:
    """The country code of a French number of nine digits; None where nobody can have it."""
    return next((code for code, form in _forms() if form.fullmatch(national)), None)


@cache
def _forms() -> tuple[tuple[int, re.Pattern[str]], ...]:
    """Country code and form of the national numbers of each French region, as their plans of numbering have them."""
    return tuple(_form(region) for region in REGIONS)


def _form(region: str) -> tuple[int, re.Pattern[str]]:
    plan = PhoneMetadata.metadata_for_region(region)
    if plan is None or plan.country_code is None:
        raise KeyError(region)
    return plan.country_code, re.compile("|".join(_patterns(plan)))


def _patterns(plan: PhoneMetadata) -> Iterator[str]:
    for use in USES:
        described = getattr(plan, use)
        if described is not None and described.national_number_pattern:
            yield f"(?:{described.national_number_pattern})"


def _email(text: str, kind: str) -> Cell:
    found = _address(text)
    if found:
        return Cell(found) if found == text else Cell(found, code="code-rewritten", as_read=found)
    several = [_address(part) for part in re.split(r"[\s;,/|]+|\bou\b|\bet\b", text) if part]
    if len(several) > 1 and all(several) and several[0]:
        return Cell(several[0], code="several-emails", as_read=several[0])
    return invalid("invalid-email")


def _address(text: str) -> str | None:
    """The address without `mailto:`, a space around its sign or a mark after it; its domain in lower case."""
    bare = re.sub(r"(?i)^(mailto:|<)", "", text.strip()).rstrip(" .;,>")
    bare = re.sub(r"\s*@\s*", "@", bare)
    if not ADDRESS.fullmatch(bare):
        return None
    name, _, domain = bare.rpartition("@")
    return f"{name}@{domain.lower()}"
