"""A real Prefect server on loopback, a work pool, a worker, and the deployments of `prefect.yaml`: the nightly one runs
and leaves a release."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from tests.programme import ROOT, fill_inbox, new_home

from impact_pipeline import open_release

PATIENCE = 120  # seconds for a server, or a run, on a busy machine
PREFECT = [sys.executable, "-m", "prefect"]


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    """A process of its own group, killed with all its children at the end."""
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=stream, stderr=stream, start_new_session=True
        )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def prefect(environment: dict[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [*PREFECT, *arguments], check=False, env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def wait_for(url: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(log.read_text())


def test_the_nightly_deployment_runs_on_a_real_server_with_a_worker(tmp_path: Path) -> None:
    home = new_home(tmp_path / "programme")
    fill_inbox(home, "cafes mai.csv")
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    environment = os.environ | {
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_PROFILES_PATH": str(tmp_path / "profiles.toml"),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "IMPACT_CODE": str(ROOT),
        "IMPACT_HOME": str(home.root),
        "NO_COLOR": "1",
    }
    server, worker = tmp_path / "server.log", tmp_path / "worker.log"
    serve = [*PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with running(serve, environment, server):
        wait_for(f"{api}/health", server)
        prefect(environment, "work-pool", "create", "local", "--type", "process")
        prefect(environment, "--no-prompt", "deploy", "--all")
        with httpx.Client(base_url=api, timeout=30) as client:
            deployments = client.post("/deployments/filter", json={}).json()
            assert {item["name"] for item in deployments} == {"on-deposit", "nightly", "candidate", "release"}
            scheduled = {item["name"] for item in deployments if item["schedules"]}
            assert scheduled == {"on-deposit", "nightly"}
            with running([*PREFECT, "worker", "start", "--pool", "local"], environment, worker):
                nightly = next(item["id"] for item in deployments if item["name"] == "nightly")
                run = client.post(f"/deployments/{nightly}/create_flow_run", json={}).json()["id"]
                until = time.monotonic() + PATIENCE
                state = {"type": "SCHEDULED"}
                while state["type"] not in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"):
                    assert time.monotonic() < until, worker.read_text()
                    time.sleep(1)
                    state = client.get(f"/flow_runs/{run}").json()["state"]
                assert state["type"] == "COMPLETED", worker.read_text()
            keys = {item["key"] for item in client.post("/artifacts/latest/filter", json={}).json()}
    assert keys >= {"submissions", "findings", "release-changes", "report"}
    assert open_release(home.root).manifest["counts"]["submissions"] == 1
