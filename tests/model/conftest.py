"""Tiny models gain nothing from threads, and threads that wait for each other on a busy machine lose much."""

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        torch.set_num_threads(1)
        yield
