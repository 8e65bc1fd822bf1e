"""Which encoding the bytes of a text table are in.

Bytes come in; the name of an encoding goes out, and where a file in UTF-8 has bytes that are not, how many and from
which line on. No byte is guessed in silence: a file that no encoding in use here reads is refused.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from impact_pipeline.errors import ReadingError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LEGACY = ("cp1252", "mac-roman", "cp850")  # French Windows, old Macs, "CSV (MS-DOS)"; ties are decided in this order
COMMON, RARE = "éèêàâçîïôùûœ’«»°€\u00a0", "ëäöüÿæÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŒÆ‘“”…–—²³½·"  # what French tables write beyond ASCII
FRENCH = dict.fromkeys(RARE, 1) | dict.fromkeys(COMMON, 4)
MOST = 0.8  # share of these among the characters beyond ASCII, for an encoding other than that of Windows
SAMPLE = 4096  # bytes that tell whether every other one is null
REPLACEMENT = "\ufffd"


@dataclass(frozen=True, slots=True)
class Encoding:
    """`broken` counts the places that are not in the encoding, the first of them in `broken_line` (1-based)."""

    name: str
    broken: int = 0
    broken_line: int = 0


def encoding_of(content: bytes, name: str = "") -> Encoding:
    """The encoding of a text table, or of its head. Raises ReadingError (encoding-error) where none reads it."""
    marked = next((encoding for mark, encoding in MARKS if content.startswith(mark)), None)
    if marked == "utf-16" or (marked is None and (marked := _wide(content))):
        return _read_by(content, marked) or _refuse(name)
    return (
        _read_by(content, marked or "utf-8")
        or _nearly_utf8(content, marked)
        or _read_by(content, _legacy(content))
        or _refuse(name)
    )


def told_encoding(content: bytes, encoding: str, name: str = "") -> Encoding:
    """An encoding that somebody asks for. Raises LookupError for an unknown one, ReadingError where it does not fit."""
    known = codecs.lookup(encoding).name
    if known == "utf-8" and content.startswith(codecs.BOM_UTF8):
        known = "utf-8-sig"
    return _read_by(content, known) or _refuse(name)


def _refuse(name: str) -> Encoding:
    raise ReadingError("encoding-error", name=name)


def _read_by(content: bytes, encoding: str) -> Encoding | None:
    """The encoding where it reads all of the bytes, save a last character that was cut; None where it does not."""
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        if error.end == len(content) and error.reason.startswith(("unexpected end", "truncated")):
            return Encoding(encoding, 1, max(content.count(b"\n"), content.count(b"\r")) + 1)
        return None
    return Encoding(encoding)


def _wide(content: bytes) -> str | None:
    """UTF-16 without its mark: in a Latin text every other byte is null, in a table of numbers nearly all."""
    head = content[: SAMPLE if len(content) > SAMPLE else len(content) // 2 * 2]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if min(even, odd) > max(even, odd) // 8:
        return None
    if max(even, odd) * 2 < max(len(head) // 2, 1):  # one byte alone is no pair
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _nearly_utf8(content: bytes, marked: str | None) -> Encoding | None:
    """UTF-8 that was cut or glued to something else: more characters beyond ASCII are whole than broken."""
    text = content.decode("utf-8", "replace")
    broken = text.count(REPLACEMENT)
    whole = len(text) - len(text.encode("ascii", "ignore")) - broken
    if whole <= broken and marked is None:
        return None
    first = text.index(REPLACEMENT)
    line = max(text.count("\n", 0, first), text.count("\r", 0, first)) + 1
    return Encoding(marked or "utf-8", broken, line)


def _legacy(content: bytes) -> str:
    """The one-byte encoding in which the text looks most French."""
    found = {byte: count for byte in range(0x80, 0x100) if (count := content.count(byte))}
    fits: dict[str, int] = {}
    for encoding in LEGACY:
        try:
            letters = {bytes([byte]).decode(encoding): count for byte, count in found.items()}
        except UnicodeDecodeError:
            continue
        french = sum(count for letter, count in letters.items() if letter in FRENCH)
        if encoding == LEGACY[0] or french >= MOST * sum(found.values()):
            fits[encoding] = sum(FRENCH.get(letter, 0) * count for letter, count in letters.items())
    return max(fits, key=lambda encoding: fits[encoding], default=LEGACY[0])
