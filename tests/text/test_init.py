"""The table of measures."""

import subprocess
import sys

from tilth.text import MEASURES


def test_every_measure_says_what_it_is_in_one_line():
    assert all(name.isidentifier() and meaning and "\n" not in meaning for name, meaning in MEASURES.items())


def test_the_table_is_read_without_numba():
    subprocess.run([sys.executable, "-c", "import sys, tilth.text; assert 'numba' not in sys.modules"], check=True)
