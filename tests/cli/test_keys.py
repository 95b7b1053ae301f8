"""Keys: there, plausible, or a placeholder; their values go nowhere."""

from pathlib import Path

import pytest

from tilth.cli.keys import KNOWN, Key, example, keys


def state(folder: Path, environment: dict[str, str], name: str = "HF_TOKEN") -> Key:
    return next(one for one in keys(folder, environment)[0] if one.name == name)


@pytest.mark.parametrize(
    "value", ["your-api-key-here", "changeme", "CHANGE_ME", "xxx", "<token>", "hf_xxxxxxxxxxxx", "sk-...", "...", "TODO", "example", "null"]
)
def test_placeholders_are_known_as_such(tmp_path: Path, value: str) -> None:
    assert state(tmp_path, {"OPENAI_API_KEY": value}, "OPENAI_API_KEY").state == "placeholder"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("HF_TOKEN", "hf_AbCdEfGhIjKlMnOpQrStUv", "plausible"),
        ("HF_TOKEN", "AbCdEfGhIjKlMnOpQrStUv", "implausible"),
        ("OPENAI_API_KEY", "sk-proj-Z9yourx8w7v6u5t4", "plausible"),
        ("OPENAI_BASE_URL", "https://host/v1", "plausible"),
        ("OPENAI_BASE_URL", "host", "implausible"),
        ("WANDB_API_KEY", "0123456789abcdef0123456789abcdef01234567", "plausible"),
        ("WANDB_API_KEY", "   ", "empty"),
    ],
)
def test_a_value_is_plausible_if_it_looks_like_such_a_key(tmp_path: Path, name: str, value: str, expected: str) -> None:
    assert state(tmp_path, {name: value}, name).state == expected


def test_the_environment_goes_before_env_and_example_is_only_a_list_of_names(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HF_TOKEN=your-token-here\n")
    (tmp_path / ".env.example").write_text("SHOP_PASSWORD=hunter2hunter2\nCOLOUR=red\n")
    assert state(tmp_path, {}) == Key("HF_TOKEN", "placeholder", ".env", KNOWN[0].use)
    assert state(tmp_path, {"HF_TOKEN": "hf_AbCdEfGhIjKlMnOpQrStUv"}).found_in == "environment"
    assert state(tmp_path, {}, "SHOP_PASSWORD") == Key("SHOP_PASSWORD", "absent")
    assert "COLOUR" not in {one.name for one in keys(tmp_path, {})[0]}


def test_a_file_that_cannot_be_read_is_told_without_its_text(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("export sk-0123456789 secret\n")
    _, wrong = keys(tmp_path, {})
    assert len(wrong) == 1 and ".env:1" in wrong[0] and "0123456789" not in wrong[0]


def test_a_copied_example_sets_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(example())
    assert all(one.state == "absent" for one in keys(tmp_path, {})[0])
    assert all(f"# {one.name}=" in example() for one in KNOWN)
