"""Importing names things and does nothing: no file is written, no process or connection opened, no heavy guest loaded."""

import subprocess
import sys

from tests.laws.house import GUESTS, HOSTS, MODULES, imports

WATCH = """
import importlib, sys
for name in {foreign!r}:
    importlib.import_module(name)
def watch(event, args):
    if event in {stirs!r} or event == "open" and set(args[1] or "") & set("wax+"):
        raise SystemExit(f"{{event}} {{args}}, while importing {{now}}")
sys.dont_write_bytecode = True
sys.addaudithook(watch)
for now in {ours!r}:
    importlib.import_module(now)
print(*sorted(set(sys.modules) & set({heavy!r})))
"""
STIRS = ("os.mkdir", "os.remove", "os.rename", "os.putenv", "os.system", "subprocess.Popen", "socket.connect")
LIGHT = [module for module in MODULES if not module.name.startswith(HOSTS)]


def loaded(ours: list[str], foreign: list[str], heavy: list[str]) -> str:
    """Which heavy packages are there after a quiet import of ours."""
    code = WATCH.format(ours=ours, foreign=foreign, heavy=heavy, stirs=STIRS)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert not done.returncode, f"An import does more than name things: {done.stderr}"
    return done.stdout.strip()


def test_importing_tilth_loads_no_heavy_guest() -> None:
    assert not (there := loaded(["tilth"], [], list(GUESTS))), f"`import tilth` loads {there}; name it lazily."


def test_importing_any_module_stirs_nothing_and_checking_a_recipe_loads_no_torch() -> None:
    foreign = {name.split(".")[0] for module in LIGHT for _, name in imports(module.tree)} - {"tilth", *GUESTS} | {"numba", "duckdb"}
    there = loaded([module.name for module in LIGHT], sorted(foreign), ["torch", "transformers", "tokenizers"])
    assert not there, f"A public module loads {there}: import the worker inside `fit` or `judge`."
