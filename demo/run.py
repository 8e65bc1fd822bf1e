"""The main job on the demo's files: submit them as field actors would, run the Prefect flow, say what came of it.

`python -m demo.run [--home DIR]`: the synthetic files of `data/raw/demo` go into the programme of DIR (this folder
unless given). Run it again: nothing is new, and nothing is published twice.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
FILES = ROOT / "data" / "raw" / "demo"
QUIET = {  # Prefect starts a server of its own for the run, and keeps its records inside the programme's folder
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",  # of a machine that has much else to do
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
}
CAUSES_TOLD = 6


def main() -> None:
    """Submit, run, sum up."""
    parser = argparse.ArgumentParser(description="The main job on the demo's files.")
    parser.add_argument("--home", type=Path, default=ROOT, help="folder of the programme")
    home = parser.parse_args().home.resolve()
    # before Prefect is imported: it reads its settings once
    os.environ.update(QUIET | {"PREFECT_HOME": str(home / ".prefect")})
    received = _submit(home)
    version = _run(home)
    _sum_up(home, version, received)


def _submit(home: Path) -> Counter[str]:
    from impact_pipeline import pipeline
    from impact_pipeline.declarations import load_schemas
    from impact_pipeline.home import Home
    from impact_pipeline.landing import RawStore, SubmissionKey
    from impact_pipeline.storage import sha256_of

    print("Submitting the demo's files (synthetic, with the slips that people make)", flush=True)
    place, outcomes = Home(home), Counter[str]()
    schemas = load_schemas(place.schemas)
    listed = YAML(typ="safe").load((FILES / "submissions.yaml").read_text(encoding="utf-8"))["submissions"]
    # a file that was replaced since must not come back at the second run: nobody sends it again
    known = {(item.key, item.sha256) for item in RawStore(place.raw).submissions()}
    for sent in listed:
        key = SubmissionKey(sent["initiative"], sent["instrument"], sent["organisation"], str(sent["period"]))
        if (key, sha256_of(FILES / sent["file"])) in known:
            outcomes["already-received"] += 1
            print(f"  {sent['file']:<46} already received", flush=True)
            continue
        receipt = pipeline.submit(place, FILES / sent["file"], key, now=datetime.now(UTC), schemas=schemas)
        outcome, checked = receipt.landing.outcome, receipt.checked
        outcomes[outcome] += 1
        told = {"new": "received", "supersedes": "replaces an earlier file", "already-received": "already received"}
        rows = f"{checked.accepted} of {checked.rows_in} rows accepted"
        print(f"  {sent['file']:<46} {told[outcome]}, {rows}", flush=True)
    return outcomes


def _run(home: Path) -> str:
    print("\nRunning the Prefect flow `pipeline`: check, compute, publish (about half a minute)", flush=True)
    from flows.pipeline import pipeline as flow

    return flow(home=str(home))


def _sum_up(home: Path, version: str, received: Counter[str]) -> None:
    from impact_pipeline import open_release

    release = open_release(home, version)
    counts = release.manifest["counts"]
    causes = release.query(
        "select title_en as title, sum(cells) as cells from quality where level = 'blocking' or code = 'duplicate-row' "
        "group by title_en order by cells desc, title"
    ).to_pylist()
    told = ", ".join(f"{row['title'].lower()} ({row['cells']})" for row in causes[:CAUSES_TOLD])
    # a person in the repository types the shorter command
    at = "" if home == Path.cwd() else f" --home {home}"
    impact = f".venv/bin/impact{at}"
    print(
        f"""
What came in    {sum(received.values())} files: {received["new"]} new, {received["supersedes"]} replacing another, \
{received["already-received"]} already received
Rows            {counts["rows_in"]} in = {counts["accepted"]} accepted + {counts["set_aside"]} set aside
Set aside for   {told}
Figures         {counts.get("published", 0)} published, {counts.get("suppressed", 0)} suppressed to protect people, \
{counts.get("refused", 0)} refused
Release         {release.path}
Report          {release.report("fr")}  (English: {release.report("en").name})

Try next
  {impact} check "data/raw/demo/habitants lavoir avant.csv" --instrument cafe-residents
  {impact} query "select indicator, wave, n, value, low, high from estimate where dimension = 'all'"
  {impact} template dat-followup --organisation mission-demo-val-bleu --period 2026""",
        flush=True,
    )


if __name__ == "__main__":
    main()
