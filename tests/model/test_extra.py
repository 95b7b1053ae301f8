"""Without the extra `train` a step says which line to type."""

import subprocess
import sys

import pytest

from tilth.errors import Missing
from tilth.model.extra import TRAIN, training_packages

CODE = """
import sys
sys.modules[{package!r}] = None
from tilth.errors import Missing
from tilth.fakes.work import tiny_work
from tilth.steps.train.pretrain import Pretrain
from pathlib import Path
step = Pretrain(data="d", tokenizer="t", architecture=dict(layers=1, width=8, heads=2, context=8))
try:
    step.fit(tiny_work(Path({folder!r}), {{"d": ["x"]}}))
except Missing as error:
    print(error.exit_code, error)
"""


@pytest.mark.parametrize("package", ["torch", "transformers"])
def test_a_missing_package_is_named_with_the_line_to_type(tmp_path, package):
    code = CODE.format(package=package, folder=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"4 The package `{package}` is not installed.")
    assert 'pip install "tilth[train]"' in done.stdout


def test_a_missing_module_of_ours_is_not_blamed_on_the_extra():
    with pytest.raises(ModuleNotFoundError, match="tilth.nowhere"), training_packages():
        raise ModuleNotFoundError("No module named 'tilth.nowhere'", name="tilth.nowhere")


def test_each_package_of_the_extra_is_known_by_its_name():
    for package in TRAIN:
        with pytest.raises(Missing, match=f"`{package}`"), training_packages():
            raise ModuleNotFoundError(name=f"{package}.inner")


def test_what_bitsandbytes_would_like_is_not_said_where_nothing_is_quantised():
    # bitsandbytes 0.50 asks on stderr for the package `kernels`, on CPUs with AVX512-BF16, whenever PEFT brings it in
    pytest.importorskip("bitsandbytes", reason="needs the extra `quantized`")
    code = """
from tilth.model.extra import training_packages
with training_packages():
    from tilth.model.tuning import tune
from tilth.model.load import adapters
adapters()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "" and done.stdout == ""
