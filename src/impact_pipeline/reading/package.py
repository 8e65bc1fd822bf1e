"""A zipped workbook opened with distrust: no member is unpacked beyond what it declares, and all of it is bounded.

Bytes come in; a `Package` goes out, or a `ReadingError`: protected-file, corrupt-file, or too-large for what would
unpack to more than any field actor's workbook holds (bombs among them).
"""

from __future__ import annotations

import copy
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterable, Mapping

from impact_pipeline.errors import ReadingError

UNPACKED = 768 * 2**20  # bytes; 200,000 rows of 30 columns take 250 MB
RATIO = 200  # times smaller than its content: no honest workbook of this size shrinks so well
SMALL = 100 * 2**20  # bytes unpacked under which any ratio is harmless
MEMBERS = 20_000
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


class Package:
    """The members of a zip by name. What lies about its size is refused."""

    def __init__(self, content: bytes, name: str):
        self.content, self.name = content, name
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
        except BROKEN as error:
            raise ReadingError("corrupt-file", name=name) from error
        entries = self._archive.infolist()
        self.names = frozenset(entry.filename for entry in entries)
        unpacked = sum(entry.file_size for entry in entries)
        if len(entries) > MEMBERS or unpacked > UNPACKED or (unpacked > SMALL and unpacked > RATIO * len(content)):
            raise ReadingError("too-large", name=name)
        # members that share their bytes unpack to more than they could
        if sum(entry.compress_size for entry in entries) > len(content):
            raise ReadingError("too-large", name=name)
        if len(self.names) < len(entries):
            raise ReadingError("corrupt-file", name=name)
        if any(entry.flag_bits & 0x1 for entry in entries):
            raise ReadingError("protected-file", name=name)

    def read(self, member: str) -> bytes:
        """A member whole. Raises ReadingError where it is damaged, or larger than it declares."""
        try:
            entry = copy.copy(self._archive.getinfo(member))
            declared = entry.file_size
            entry.file_size += 1
            with self._archive.open(entry) as stream:
                data = stream.read(declared + 1)
        except (*BROKEN, KeyError) as error:
            raise ReadingError("corrupt-file", name=self.name) from error
        if len(data) > declared:
            raise ReadingError("corrupt-file", name=self.name)
        return data

    def of_members(self, names: Iterable[str], changed: Mapping[str, bytes]) -> io.BytesIO:
        """A zip of some members alone, as they are or changed, at its beginning."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as target:
            for name in names:
                target.writestr(name, changed[name] if name in changed else self.read(name))
        stream.seek(0)
        return stream
