"""For all tests: no example of a property is timed, for a machine may be busy, and a kernel compiles at its first call; and what trainings
took here is remembered apart from what the user's own trainings took."""

import shutil

import pytest
from hypothesis import settings

from tilth.model import remembered

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True, scope="session")
def apart_from_the_users_cache(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True, scope="module")
def nothing_is_remembered_of_other_tests(apart_from_the_users_cache: None) -> None:
    """What a training took moves a later plan; which tests share a process, and in which order they run, is up to their number."""
    shutil.rmtree(remembered.place(), ignore_errors=True)
