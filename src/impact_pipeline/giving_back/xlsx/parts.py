"""The container of a workbook: its parts, what they relate to, and how each is typed."""

from __future__ import annotations

import html
import io
import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass, field

from impact_pipeline.giving_back.xlsx.markup import TAG, NotOrdinary, attribute, find, inside, quoted, text_of

TYPES = "[Content_Types].xml"
EMPTY_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
)


@dataclass
class Parts:
    """Parts of a container, read when they are asked for; those that were set are written instead of what was read."""

    content: bytes
    changed: dict[str, bytes] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(self.content))
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise NotOrdinary("no container") from error
        self._entries = [entry for entry in self._archive.infolist() if not entry.is_dir()]
        self._names = {entry.filename for entry in self._entries}

    def __contains__(self, name: str) -> bool:
        return (name in self.changed or name in self._names) and name not in self.removed

    def text(self, name: str) -> str:
        """A part as text. Raises NotOrdinary for one that is not there, or that is not UTF-8."""
        if name not in self:
            raise NotOrdinary(f"no {name}")
        return text_of(self.changed[name] if name in self.changed else self._read(name))

    def _read(self, name: str) -> bytes:
        try:
            return self._archive.read(name)
        except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError, EOFError) as error:
            raise NotOrdinary(name) from error

    def set(self, name: str, text: str) -> None:
        self.changed[name] = text.encode("utf-8")
        self.removed.discard(name)

    def remove(self, name: str) -> None:
        """Take a part away, with its type; what relates to it is left to the caller."""
        self.removed.add(name)
        types = self.text(TYPES)
        self.set(TYPES, re.sub(rf'<(?:\w+:)?Override\b[^>]*PartName="/{re.escape(name)}"[^>]*/>', "", types))

    def free(self, pattern: str) -> str:
        """The first name of a series that no part has: `xl/comments{}.xml`."""
        return next(name for n in range(1, 100_000) if (name := pattern.format(n)) not in self)

    def add(self, name: str, text: str, content_type: str) -> None:
        """Set a new part, and say what it is."""
        self.set(name, text)
        extension = name.rpartition(".")[2]
        if extension == "vml":
            known = re.search(r'<(?:\w+:)?Default\b[^>]*Extension="vml"', self.text(TYPES), re.IGNORECASE)
            entry = "" if known else f'<{{p}}Default Extension="vml" ContentType="{content_type}"/>'
        else:
            entry = f'<{{p}}Override PartName="/{name}" ContentType="{content_type}"/>'
        if entry:
            self._append(TYPES, "Types", entry, first=extension == "vml")

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """Of a part: relation -> (last word of its type, part that it leads to)."""
        path = relations_of(name)
        if path not in self:
            return {}
        found = {}
        for tag in TAG.finditer(self.text(path)):
            if tag["name"].rpartition(":")[2] != "Relationship" or attribute(tag[0], "TargetMode") == "External":
                continue
            target = html.unescape(attribute(tag[0], "Target") or "")
            folder = posixpath.dirname(name)
            whole = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            kind = (attribute(tag[0], "Type") or "").rpartition("/")[2]
            found[attribute(tag[0], "Id") or ""] = (kind, whole)
        return found

    def relate(self, name: str, kind: str, target: str) -> str:
        """Relate a part to another; returns the relation."""
        path = relations_of(name)
        if path not in self:
            self.set(path, EMPTY_RELATIONS)
        taken = set(re.findall(r'\bId="([^"]*)"', self.text(path)))
        identifier = next(free for n in range(1, 1_000_000) if (free := f"rIdImpact{n}") not in taken)
        relative = posixpath.relpath(target, posixpath.dirname(name))
        told = f'<{{p}}Relationship Id="{identifier}" Type="{kind}" Target="{quoted(relative)}"/>'
        self._append(path, "Relationships", told)
        return identifier

    def unrelate(self, name: str, identifier: str) -> None:
        path = relations_of(name)
        self.set(
            path, re.sub(rf'<(?:\w+:)?Relationship\b[^>]*\bId="{re.escape(identifier)}"[^>]*/>', "", self.text(path))
        )

    def save(self) -> bytes:
        """The whole container, parts in the order in which they stood."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=5) as out:
            for entry in self._entries:
                if entry.filename in self.removed:
                    continue
                data = self.changed.get(entry.filename)
                out.writestr(entry.filename, self._read(entry.filename) if data is None else data)
            for name, data in self.changed.items():
                if name not in self._names and name not in self.removed:
                    out.writestr(name, data)
        return stream.getvalue()

    def _append(self, part: str, root: str, entry: str, *, first: bool = False) -> None:
        xml = self.text(part)
        opening = re.search(rf"<([\w.-]+:)?{root}\b", xml)
        name = f"{(opening[1] or '') if opening else ''}{root}"
        element = find(xml, name)
        if element is None:
            raise NotOrdinary(part)
        entry = entry.replace("{p}", name[: -len(root)])
        held = xml[element.inner_start : element.inner_end]
        self.set(part, inside(xml, element, name, f"{entry}{held}" if first else f"{held}{entry}"))


def relations_of(name: str) -> str:
    """Where the relations of a part stand."""
    folder, _, file = name.rpartition("/")
    return f"{folder}/_rels/{file}.rels" if folder else f"_rels/{file}.rels"
