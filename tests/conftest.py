"""How tests are run: property tests on the same examples each time, without a deadline on a loaded machine; whole files
shared out among processes, the longest first.

Other examples at each run: `pytest --hypothesis-profile search`.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings

CALM = (HealthCheck.too_slow,)  # a busy machine is no fault of the code

settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=CALM)
settings.register_profile("search", deadline=None, print_blob=True, suppress_health_check=CALM)
settings.load_profile("steady")

LONGEST = "test_spark_engine.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest file begins first, so that no process ends alone with it."""
    items.sort(key=lambda item: item.path.name != LONGEST)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`-n 2` shares files out, not tests: what a file makes once for its tests (a cluster, a release) is made once."""
    if config.getoption("dist") != "load":
        return None
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False  # by number of tests, the few that are long would come last
    return LoadFileScheduling(config, log)
