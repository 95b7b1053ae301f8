"""For all tests: no example of a property is timed, for a machine may be busy, and a kernel compiles at its first call; and what trainings
took here is remembered apart from what the user's own trainings took."""

import multiprocessing
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from tilth.model import remembered

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# The workers of a run are forked from one process, which here has imported what every run needs: else each worker of each such test imports
# it anew, which was more than half of what these tests took. Tests that start `tilth` itself see workers as users have them.
multiprocessing.set_forkserver_preload(["tilth.execute.run", "tilth.text.near", "tilth.steps.dedup.exact", "tilth.steps.filter.where"])


@pytest.fixture(autouse=True, scope="session")
def apart_from_the_users_cache(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    place = tmp_path_factory.mktemp("cache")
    if "PYTEST_XDIST_WORKER" in os.environ:
        _share_kernels(place / "tilth" / "kernels", tmp_path_factory.getbasetemp().parent / "kernels")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(place))
        yield


def _share_kernels(link: Path, shared: Path) -> None:
    """Compiling all kernels takes more than a minute: the processes of a session do it once between them, as users' processes may."""
    shared.mkdir(exist_ok=True)
    link.parent.mkdir()
    link.symlink_to(shared)


@pytest.fixture(autouse=True, scope="module")
def nothing_is_remembered_of_other_tests(apart_from_the_users_cache: None) -> None:
    """What a training took moves a later plan; which tests share a process, and in which order they run, is up to their number."""
    shutil.rmtree(remembered.place(), ignore_errors=True)
