"""For all tests: no example of a property is timed, for a machine may be busy, and a kernel compiles at its first call."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
