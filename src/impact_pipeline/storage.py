"""The one small interface through which the raw store touches bytes: a folder today, object storage tomorrow.

Built on fsspec. Writing is once and whole: a reader sees a file complete under its name, or not at all.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import fsspec
from fsspec.implementations.local import LocalFileSystem

CHUNK = 4 * 2**20


class Folder:
    """A folder on any fsspec filesystem; names are relative, with forward slashes."""

    def __init__(self, url: str | Path):
        self.filesystem, self.root = fsspec.core.url_to_fs(str(url))
        self._local = isinstance(self.filesystem, LocalFileSystem)

    def exists(self, name: str) -> bool:
        return bool(self.filesystem.exists(self._path(name)))

    def read(self, name: str) -> bytes:
        return bytes(self.filesystem.cat_file(self._path(name)))

    def files(self, name: str) -> list[str]:
        """Names (without the folder) of the whole files directly below a folder, sorted; none if it is not there."""
        if not self.exists(name):
            return []
        found = (str(path).rsplit("/", 1)[-1] for path in self.filesystem.ls(self._path(name), detail=False))
        return sorted(item for item in found if not item.startswith("."))

    def write_once(self, name: str, content: bytes | Path) -> bool:
        """Write a file that nobody may change afterwards; False where it was there already (and is left alone)."""
        if self.exists(name):
            return False
        return self._write_local(name, content) if self._local else self._write_remote(name, content)

    def write(self, name: str, content: bytes) -> None:
        """Write a file that may be written again; a reader sees the old one or the new one, whole."""
        if not self._local:
            self._write_remote(name, content)
            return
        path = Path(self._path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            with draft.open("xb") as target:
                target.write(content)
                target.flush()
                os.fsync(target.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(path.parent)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        """A path on this machine with the file's bytes; a copy that goes away afterwards where the store is remote."""
        if self._local:
            yield Path(self._path(name))
            return
        with TemporaryDirectory() as folder:
            copy = Path(folder) / "object"
            self.filesystem.get_file(self._path(name), str(copy))
            yield copy

    def _write_local(self, name: str, content: bytes | Path) -> bool:
        path = Path(self._path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            with draft.open("xb") as target:
                if isinstance(content, bytes):
                    target.write(content)
                else:
                    with content.open("rb") as source:
                        shutil.copyfileobj(source, target, CHUNK)
                target.flush()
                os.fsync(target.fileno())
            draft.chmod(0o444)
            try:
                os.link(draft, path)  # unlike a rename, fails where the name is taken: the first writer wins
            except FileExistsError:
                return False
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(path.parent)
        return True

    def _write_remote(self, name: str, content: bytes | Path) -> bool:
        self.filesystem.makedirs(self._path(name).rsplit("/", 1)[0], exist_ok=True)
        if isinstance(content, Path):
            self.filesystem.put_file(str(content), self._path(name))
        else:
            self.filesystem.pipe_file(self._path(name), content)
        return True

    def _path(self, name: str) -> str:
        return f"{self.root}/{name}" if name else str(self.root)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, read in one pass."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Make a rename or a link in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
