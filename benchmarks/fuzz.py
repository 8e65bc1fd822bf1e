"""Damaged and hostile files by the thousand: each must get an answer, and no row may be lost.

`python -m benchmarks.fuzz [--files 10000] [--seed 1] [--workers 2] [--keep FOLDER]` takes the honest files of
`benchmarks.honest_files`, damages one at random for each number, and checks it end to end in a process whose memory may
grow by 1 GiB. It prints a table by way of damaging and outcome, and exits 1 after a crash, a hang over 10 seconds, a
memory exceeded, or rows in that are not accepted + set aside. The same seed gives the same files; `--keep` writes those
that failed.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import random
import re
import resource
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path

from benchmarks.honest_files import Honest, corpus, schemas_of
from impact_pipeline.reading import is_text

SECONDS, MEMORY = 10.0, 2**30  # seconds of the worker's own, for a machine may have much else to do
LATEST = 60.0  # seconds of the clock after which a worker is given up
NASTY = [
    "", "0", "-1", "1048576", "1048577", "4294967295", "99999999999999999999", "XFD1048576", "A0", "ZZZZ9",
    "NaN", "INF",
    "1e400", "-1e-400", "2026-13-45", "0000-00-00", "PT99999999H", "#REF!", "Err:522", "true", "é" * 40, "x" * 40_000,
    "\ufffe", "=1+1", "1.234", "1,234", "12 %", "\u202f", "../../etc/passwd", "&amp;", "]]>", "<c", "\t", "collapse",
]  # fmt: skip
OUTCOMES = ("read", "told", "crash", "hang", "memory", "error", "rows lost")
FAILED = OUTCOMES[2:]


@dataclass
class Report:
    """How many files had which outcome, by way of damaging; and (number, kind, file, outcome, detail) of failures."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str, str, str, str]] = field(default_factory=list)
    slowest: float = 0.0

    def table(self) -> str:
        lines = ["| damage | " + " | ".join(OUTCOMES) + " |", "|---" * (len(OUTCOMES) + 1) + "|"]
        for kind in KINDS:
            counts = [f"{self.counts[kind, outcome]:,}" for outcome in OUTCOMES]
            lines += [f"| {kind} | {' | '.join(counts)} |"]
        codes = ", ".join(f"{code} {count:,}" for code, count in self.codes.most_common())
        return "\n".join([*lines, "", f"Told: {codes}.", f"Slowest: {self.slowest:.1f} s."])


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--files", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--keep", type=Path)
    options = arguments.parse_args()
    report = run(options.files, options.seed, options.workers)
    print(report.table())
    for number, kind, name, outcome, detail in report.failures:
        print(f"{outcome}: file {number} ({kind} of {name}): {detail}")
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / f"{number}-{kind}-{name}").write_bytes(damaged(number, options.seed)[2])
    return 1 if report.failures else 0


def run(files: int, seed: int = 1, workers: int = 2) -> Report:
    """Damage and check so many files."""
    report = Report()
    import impact_pipeline.pipeline  # noqa: F401 - once, before the workers are born, as the corpus

    corpus()
    numbers = iter(range(files))
    working: dict[Connection, Worker] = {}
    for _ in range(workers):
        worker = Worker(seed)
        if worker.begin(next(numbers, None)):
            working[worker.pipe] = worker
    while working:
        ready = wait(list(working), timeout=0.5)
        late = [pipe for pipe, worker in working.items() if time.monotonic() - worker.since > LATEST]
        for pipe in {*ready, *late}:
            worker = working.pop(pipe)
            kind, name, outcome, detail, seconds = worker.outcome(is_late=pipe not in ready)
            report.counts[kind, outcome] += 1
            report.slowest = max(report.slowest, seconds)
            if outcome == "told":
                report.codes[detail] += 1
            if outcome in FAILED:
                report.failures.append((worker.number, kind, name, outcome, detail))
                worker = Worker(seed)
            if worker.begin(next(numbers, None)):
                working[worker.pipe] = worker
    return report


class Worker:
    """A process that checks one damaged file after the other, and may die of it."""

    def __init__(self, seed: int):
        context = multiprocessing.get_context("fork")
        self.seed, self.number, self.since = seed, 0, 0.0
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, seed), daemon=True)
        self.process.start()
        theirs.close()

    def begin(self, number: int | None) -> bool:
        """Send the next number; False, and the end of the process, where there is none."""
        self.pipe.send(number)
        if number is None:
            self.process.join()
            return False
        self.number, self.since = number, time.monotonic()
        return True

    def outcome(self, *, is_late: bool) -> tuple[str, str, str, str, float]:
        """(kind, file, outcome, detail, seconds) of the number begun last."""
        seconds = time.monotonic() - self.since
        if not is_late:
            try:
                return self.pipe.recv()  # type: ignore[no-any-return]
            except EOFError:
                self.process.join()
        if is_late:
            self.process.kill()
        kind, name, _, _ = damaged(self.number, self.seed)
        return kind, name, "hang" if is_late else "crash", f"exit {self.process.exitcode}", seconds


def _serve(pipe: Connection, seed: int) -> None:
    """Check numbers until none comes."""
    from impact_pipeline import pipeline

    with pipeline.engine(threads=1) as connection:
        connection.sql("select 1").fetchall()
    sys.stderr = io.StringIO()
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    while (number := pipe.recv()) is not None:
        pipe.send(_checked(number, seed))


def _checked(number: int, seed: int) -> tuple[str, str, str, str, float]:
    from impact_pipeline import pipeline
    from impact_pipeline.errors import RowsLost
    from impact_pipeline.landing import SubmissionKey

    kind, name, content, honest = damaged(number, seed)
    schemas = schemas_of(honest.programme)
    instrument = schemas.instrument(honest.instrument)
    key = SubmissionKey("any", instrument.instrument, "any", "2026-01")
    began = time.process_time()
    with tempfile.TemporaryDirectory(prefix="impact-fuzz-") as folder, pipeline.engine(threads=1) as connection:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            checked, _ = pipeline.check_file(path, instrument, schemas, connection, key)
        except MemoryError:
            return kind, name, "memory", "", time.process_time() - began
        except RowsLost as error:
            return kind, name, "rows lost", str(error), time.process_time() - began
        except Exception as error:
            place = error.__traceback__
            while place and place.tb_next:
                place = place.tb_next
            where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else ""
            return (
                kind,
                name,
                "error",
                f"{type(error).__name__}: {str(error)[:200]} {where}",
                time.process_time() - began,
            )
    seconds = time.process_time() - began
    if checked.rows_in != checked.accepted + checked.set_aside_rows:
        return kind, name, "rows lost", f"{checked.rows_in} rows in", seconds
    if seconds > SECONDS:
        return kind, name, "hang", f"{seconds:.1f} s", seconds
    if checked.rows_in == 0 and checked.findings and not checked.read_as:
        return kind, name, "told", checked.findings[0].code, seconds
    return kind, name, "read", "", seconds


def damaged(number: int, seed: int) -> tuple[str, str, bytes, Honest]:
    """The way of damaging, the file's name, its bytes, and the file before: all drawn from the number and the seed."""
    draw = random.Random(f"{seed}-{number}")
    honest = draw.choice(corpus())
    is_zip = honest.content.startswith(b"PK")
    kinds = [
        kind
        for kind in KINDS
        if (is_zip or kind not in ZIP_KINDS) and (is_text(honest.content) or kind not in TEXT_KINDS)
    ]
    kind = draw.choice(kinds)
    return kind, honest.name, KINDS[kind](honest.content, draw), honest


def flip_bytes(content: bytes, draw: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.choice([1, 3, 10, 100])):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def cut(content: bytes, draw: random.Random) -> bytes:
    return content[: draw.randrange(len(content))]


def splice(content: bytes, draw: random.Random) -> bytes:
    """A piece left out, written twice, or taken from another file."""
    begin = draw.randrange(len(content))
    end = min(len(content), begin + draw.randrange(1, 2_000))
    piece = draw.choice([b"", content[begin:end] * 2, draw.choice(corpus()).content[begin:end]])
    return content[:begin] + piece + content[end:]


def swap_cells(content: bytes, draw: random.Random) -> bytes:
    """Cells of a text table exchanged, or replaced by what nobody expects."""
    mark = draw.choice([b";", b",", b"\t"])
    cells = content.split(mark)
    for _ in range(draw.choice([1, 5, 30])):
        one, other = draw.randrange(len(cells)), draw.randrange(len(cells))
        cells[one], cells[other] = cells[other], cells[one]
        if draw.random() < 0.5:
            cells[one] = draw.choice(NASTY).encode(draw.choice(["utf-8", "utf-16-le", "cp1252"]), "replace")
    return mark.join(cells)


def mangle_header(content: bytes, draw: random.Random) -> bytes:
    """The first lines of a text table with letters lost, doubled, or in another encoding."""
    head, rest = content[:400], content[400:]
    for _ in range(draw.choice([1, 5, 20])):
        place = draw.randrange(len(head) + 1)
        head = (
            head[:place]
            + draw.choice([b"", b"\n", b'"', b";", b"\xe9", "é".encode(), b"\x00", b"\r"])
            + head[place + draw.choice([0, 1]) :]
        )
    return head + rest


def damage_member(content: bytes, draw: random.Random) -> bytes:
    return _with_member(content, draw, lambda data: flip_bytes(data, draw) if data else data)


def cut_member(content: bytes, draw: random.Random) -> bytes:
    return _with_member(content, draw, lambda data: data[: draw.randrange(len(data) + 1)])


def drop_member(content: bytes, draw: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        dropped = draw.choice(archive.namelist())
    return _rezipped(content, {dropped: None})


def change_values(content: bytes, draw: random.Random) -> bytes:
    """Values and attributes inside the XML of a workbook replaced by what nobody expects."""

    def change(data: bytes) -> bytes:
        for _ in range(draw.choice([1, 3, 20])):
            found = list(re.finditer(rb'(?<=")[^"<>]*(?=")|(?<=>)[^<>]+(?=<)', data[:200_000]))
            if not found:
                break
            place = draw.choice(found)
            value = draw.choice(NASTY).encode("utf-8", "replace")
            if draw.random() < 0.2:
                value = draw.choice(found)[0]
            data = data[: place.start()] + value + data[place.end() :]
        return data

    return _with_member(content, draw, change)


def double_elements(content: bytes, draw: random.Random) -> bytes:
    """Elements of the XML written again elsewhere, in or out of order."""

    def change(data: bytes) -> bytes:
        for _ in range(draw.choice([1, 5])):
            found = list(re.finditer(rb"<(row|c|v|f|mergeCell|col|table:table-row|table:table-cell)\b[^>]*/?>", data))
            if not found:
                break
            source, target = draw.choice(found), draw.choice(found)
            end = data.find(b">", source.end() + draw.randrange(200)) + 1
            data = data[: target.start()] + data[source.start() : end] + data[target.start() :]
        return data

    return _with_member(content, draw, change)


def _with_member(content: bytes, draw: random.Random, change: Callable[[bytes], bytes]) -> bytes:
    """The zip with one member changed; most often one that holds the table."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        likely = [
            name for name in names if re.search(r"sheet\d*\.xml$|content\.xml|sharedStrings|styles|workbook", name)
        ]
        name = draw.choice(likely if likely and draw.random() < 0.8 else names)
        return _rezipped(content, {name: change(archive.read(name))})


def _rezipped(content: bytes, members: dict[str, bytes | None]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = members.get(name, source.read(name))
            if data is not None:
                target.writestr(name, data)
    return stream.getvalue()


KINDS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "bytes flipped": flip_bytes,
    "cut": cut,
    "spliced": splice,
    "cells swapped": swap_cells,
    "header mangled": mangle_header,
    "member damaged": damage_member,
    "member cut": cut_member,
    "member dropped": drop_member,
    "values changed": change_values,
    "elements doubled": double_elements,
}
TEXT_KINDS = ("cells swapped", "header mangled")
ZIP_KINDS = ("member damaged", "member cut", "member dropped", "values changed", "elements doubled")


if __name__ == "__main__":
    sys.exit(main())
