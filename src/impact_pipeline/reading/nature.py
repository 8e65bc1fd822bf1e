"""What a file that is no table seems to be, so that its sender knows which one was sent by mistake."""

from __future__ import annotations

from collections.abc import Collection

from impact_pipeline.declarations import Text
from impact_pipeline.errors import ReadingError
from impact_pipeline.words import say

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BEGINNINGS = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"BM6", "image"),
    (b"{\\rtf", "document"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"SQLite format 3", "database"),
    (b"\x00\x01\x00\x00Standard", "database"),
    (b"PAR1", "database"),
    (b"ID3", "media"),
    (b"OggS", "media"),
    (b"RIFF", "media"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
)
TEXT_BEGINNINGS = ((b"<!doctype html", "web-page"), (b"<html", "web-page"), (b"<?xml", "xml"))
STREAMS = (("WordDocument", "document"), ("PowerPoint Document", "slides"), ("__substg1.0", "mail"))
MEMBERS = (("word/", "document"), ("ppt/", "slides"), ("Index/", "numbers"))
MIMETYPES = ((b"opendocument.text", "document"), (b"opendocument.presentation", "slides"))


def seeming(content: bytes, members: Collection[str] = (), mimetype: bytes = b"") -> str:
    """What the bytes seem to be (`pdf`, `image`, `document`...), or nothing known. `members` are those of a zip."""
    if content.startswith(ZIP):
        found = next((kind for mark, kind in MIMETYPES if mark in mimetype), "")
        return found or next((kind for start, kind in MEMBERS if any(m.startswith(start) for m in members)), "archive")
    if content.startswith(OLE):
        return next((kind for stream, kind in STREAMS if stream.encode("utf-16-le") in content), "")
    if content[4:8] == b"ftyp":
        return "image" if content[8:11] in (b"hei", b"mif", b"avi") else "media"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image"
    return next((kind for start, kind in BEGINNINGS if content.startswith(start)), "") or _text_seeming(content)


def _text_seeming(content: bytes) -> str:
    start = content[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((kind for beginning, kind in TEXT_BEGINNINGS if start.startswith(beginning)), "")


def no_table(content: bytes, name: str, members: Collection[str] = (), mimetype: bytes = b"") -> ReadingError:
    """The error that tells what the file seems to be, where that is known."""
    kind = seeming(content, members, mimetype)
    if not kind:
        return ReadingError("format-error", name=name)
    key = f"reading.seems.{kind}"
    return ReadingError("format-error", name=name, **{"as": Text(fr=say(key, "fr"), en=say(key, "en"))})
