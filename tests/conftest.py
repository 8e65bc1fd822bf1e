"""How property tests are run: the same examples each time, without a deadline on a loaded machine.

Other examples at each run: `pytest --hypothesis-profile search`.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

CALM = (HealthCheck.too_slow,)  # a busy machine is no fault of the code

settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=CALM)
settings.register_profile("search", deadline=None, print_blob=True, suppress_health_check=CALM)
settings.load_profile("steady")
