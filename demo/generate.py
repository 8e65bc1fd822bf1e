"""Write the files of the demo and what is known about them, or check that those committed are the same.

`python -m demo.generate` writes `data/raw/demo/` and `demo/truth.yaml`; with `--check` it writes nothing and says what
differs. Tables are compared, not bytes: another version of a library may pack the same cells otherwise.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path

import python_calamine
from ruamel.yaml import YAML

from demo import cafes, comparison, pole, residents, send_cafes, start, youth
from demo.draws import SEED
from demo.sending import Sending
from demo.sendings import sendings
from impact_pipeline.declarations import load_schemas

ROOT = Path(__file__).parents[1]
OUTPUT = Path("data/raw/demo")
LIST, TRUTH = OUTPUT / "submissions.yaml", Path("demo/truth.yaml")


def main(arguments: list[str] | None = None) -> int:
    """0 when written, or when `--check` finds the same; 1 when something differs."""
    parser = argparse.ArgumentParser(prog="python -m demo.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; say which committed files differ")
    parser.add_argument("--into", type=Path, default=ROOT, help="root folder (this repository unless given)")
    options = parser.parse_args(arguments)
    content = generated()
    if options.check:
        differing = sorted(differences(content, options.into))
        sys.stdout.write("".join(f"differs: {name}\n" for name in differing) or f"{len(content)} files are the same\n")
        return int(bool(differing))
    for path, data in content.items():
        (options.into / path).parent.mkdir(parents=True, exist_ok=True)
        (options.into / path).write_bytes(data)
    sys.stdout.write(f"{len(content)} files written\n")
    return 0


def generated() -> dict[Path, bytes]:
    """Everything that the generator writes, by path from the root."""
    sent = sendings(load_schemas(ROOT / "schemas"))
    content = {OUTPUT / sending.file: sending.content for sending in sent}
    content[LIST] = _yaml({"submissions": [_listed(sending) for sending in sent]}, LIST_COMMENT)
    content[TRUTH] = _yaml(
        {"seed": SEED, "estimates": list(_truth()), "effects": list(_effects()), "files": [_known(s) for s in sent]},
        TRUTH_COMMENT,
    )
    return content


def differences(content: dict[Path, bytes], root: Path) -> Iterator[str]:
    """Paths whose committed file is missing or holds another table, and committed files that nothing writes."""
    for path, data in content.items():
        committed = root / path
        if not committed.is_file():
            yield f"{path} (missing)"
        elif committed.read_bytes() != data and cells(committed.read_bytes()) != cells(data):
            yield str(path)
    kept = {root / path for path in content} | {root / OUTPUT / "README.md"}
    yield from (
        f"{path.relative_to(root)} (not written by the generator)"
        for path in (root / OUTPUT).iterdir()
        if path not in kept
    )


def cells(data: bytes) -> object:
    """All cells of a workbook, by sheet; other files are their bytes."""
    if not data.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return data
    workbook = python_calamine.load_workbook(BytesIO(data))
    return {name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in workbook.sheet_names}


LIST_COMMENT = "# The files of the demo in the order in which they are sent. Written by `python -m demo.generate`.\n"
TRUTH_COMMENT = """\
# What is true in the synthetic data, known by design. Written by `python -m demo.generate`.
# estimates: `parameter` is a true value of the population from which the records were drawn, that the interval should
# cover (one in twenty does not; the seed is of a sample where all do); `census` is the figure itself, for every unit
# tells. Shares stand between 0 and 1.
# effects: the true effect that each study should find, in the outcome's unit; its interval covers it.
# files: records in each file, how many are set aside, and the slips planted, by the code of the finding they earn.
"""


def _truth() -> Iterator[dict[str, object]]:
    drawn = (("mille-cafes", residents.truth()), ("dotation-action-territoriale", youth.truth()))
    counted = (("mille-cafes", cafes.totals(send_cafes.COMPLETE)), ("ptce-sud-archer", pole.totals(2024)))
    for kind, groups in (("parameter", drawn), ("census", counted)):
        for initiative, figures in groups:
            for figure in figures:
                value = round(float(str(figure["value"])), 6)
                yield {"initiative": initiative, **figure, "value": value, "kind": kind}


def _effects() -> Iterator[dict[str, object]]:
    for effect in (*comparison.effects(), *start.effects()):
        yield {**effect, "value": round(float(str(effect["value"])), 6)}


def _listed(sending: Sending) -> dict[str, object]:
    names = ("file", "initiative", "instrument", "organisation", "period", "about")
    return {name: getattr(sending, name) for name in names}


def _known(sending: Sending) -> dict[str, object]:
    known: dict[str, object] = {"file": sending.file, "rows": sending.rows, "set_aside": sending.set_aside}
    return known | ({"slips": dict(sending.slips)} if sending.slips else {})


def _yaml(content: object, comment: str) -> bytes:
    stream = StringIO()
    writer = YAML()
    writer.width = 110
    writer.dump(content, stream)
    return (comment + stream.getvalue()).encode()


if __name__ == "__main__":
    raise SystemExit(main())
