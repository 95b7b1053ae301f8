"""The tests are the same tree as the source: src/tilth/a/b.py is tested in tests/a/test_b.py."""

from pathlib import Path

from tests.laws.house import MODULES, ROOT, Module, obeyed

SMALL = 30


def mirror(module: Module) -> Path:
    """Where its tests stand: of `_worker.py` in test_worker.py, of `text/__init__.py` in text/test_init.py."""
    place = Path(module.place)
    return Path("tests") / place.with_name(f"test_{place.stem.strip('_')}.py")


def test_every_module_over_30_lines_has_its_test_file() -> None:
    alone = [(module.path, mirror(module)) for module in MODULES if module.lines > SMALL and not (ROOT / mirror(module)).is_file()]
    obeyed("A module without its tests.", [f"{path}: write {test}." for path, test in alone])
