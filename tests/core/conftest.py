"""Hypothesis profiles: few examples by default.

``pytest tests/core --hypothesis-profile=more --hypothesis-seed=7`` tries many more.
"""

from hypothesis import HealthCheck, settings

_COMMON = settings(
    deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("few", _COMMON, max_examples=60)
settings.register_profile("more", _COMMON, max_examples=5_000)
settings.load_profile("few")
