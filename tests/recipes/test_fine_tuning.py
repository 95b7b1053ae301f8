"""The recipes that fine-tune, on their samples: what is learned, by which rows, and whether it is better than the base, beyond noise.

All of them run in one folder, so the base that they share is trained once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.recipes.shipped import SAMPLES, Done, rows, run_of
from tilth.cli.examining import examine
from tilth.step import Step
