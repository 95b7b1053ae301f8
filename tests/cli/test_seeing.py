"""Rows as the model sees them, on a terminal and as one object."""

from __future__ import annotations

import json
import re
import sys

import pytest
from rich.cells import cell_len

from tests.cli.conftest import Tilth
from tests.execute.test_killed import PRETRAIN
from tests.projects import Project
from tilth.cli import seeing
from tilth.execute.seeing import Seen
from tilth.work import Row, Token, Window

COLOUR = re.compile(r"\x1b\[[\d;]*m")


def token(number: int, text: str, kind: str = "trained", starts: int | None = None) -> Token:
    return Token(number, text, kind, kind in ("trained", "end"), starts)  # type: ignore[arg-type]


ROWS = (Row(3, bytes(16), "a.jsonl:7"), Row(4, bytes(16), "a.jsonl:8"))
TOKENS = (
    token(9, "the ", "context"), token(12, "c\x1b[31m", "context"), token(5, "at\n\t"), token(1, "<|endoftext|>", "end"),
    token(1234, "na", starts=4), token(7, "⟨C3⟩"), token(0, "", "filling"), token(0, "", "filling"),
)  # fmt: skip
FACTS = {"vocab_size": 300, "context": 7, "windows": 2, "bytes_per_token": 2.5, "tokens": 10}
SEEN = Seen("run/1:base", "train.pretrain", "model", "docs.train", FACTS, [Window(2, TOKENS, ROWS, "the cat…", "at\n\t<|endoftext|>na")], more=False)
CUT = (token(9, "the", "piece", 3), token(12, " cat", "piece"), token(5, "\n", "piece"))
CUTTING = Seen(
    "run/1:words", "train.tokenizer", "tokenizer", "docs", {**FACTS, "algorithm": "bpe"}, [Window(3, CUT, ROWS[:1], "the cat\n", "")], more=True
)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")


@pytest.fixture
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_without_colour_signs_say_what_is_learned_where_rows_begin_and_what_is_filled() -> None:
    lines = seeing.as_words(SEEN).splitlines()
    assert lines[-7:] == [
        "window 2 of 2  5 tokens seen, 4 learned",
        "  row 3  a.jsonl:7  aaaaaaaaaaaaaaaaaaaaaaaaaa, continued",
        "    ⟦the·c⟨ESC⟩[31m⟧at⏎⇥",
        "    ■<|endoftext|>",
        "  row 4  a.jsonl:8  aaaaaaaaaaaaaaaaaaaaaaaaaa",
        "    na⟨C3⟩",
        "    ░ 2 places filled up, masked",
    ]
    assert "\x1b" not in "".join(lines)


LAID = {"vocab_size": 300, "context": 9, "rows": 2, "tokens": 8, "learned_tokens": 4, "layout": {"format": "preference"}}


def test_examples_are_counted_and_what_their_tokens_do_not_say_stands_beside_the_row() -> None:
    one = Window(1, (token(9, "hen", "context", 3), token(1, "<|endoftext|>", "end")), ROWS[:1], "hen", "", ("chosen",))
    lines = seeing.as_words(Seen("run/1:better", "train.preference", "model", "pairs", LAID, [one], more=False)).splitlines()
    assert lines[0].endswith("rows of pairs as it learned them, in order; 4 of 8 tokens learned")
    assert lines[-3:-1] == ["example 1 of 4  1 token seen, 1 learned", "  row 3  a.jsonl:7  aaaaaaaaaaaaaaaaaaaaaaaaaa  chosen"]


def test_a_classifier_sees_all_tokens_and_learns_a_label() -> None:
    one = Window(1, (token(9, "the", "context", 3), token(9, "hen", "context")), ROWS[:1], "the hen", "", ("a bird\x1b[31m",))
    facts = {**LAID, "layout": {"format": "classification"}, "labels": ["a bird"], "learned_tokens": 0}
    lines = seeing.as_words(Seen("run/1:birds", "train.classify", "model", "rows", facts, [one], more=False)).splitlines()
    assert lines[0].endswith("rows of rows as it learned their labels, in order")
    assert lines[-3].endswith("example 1 of 2  2 tokens seen") and lines[-2].endswith("  a bird⟨ESC⟩[31m")


def test_packed_rows_are_shown_in_their_line_with_what_is_filled() -> None:
    line = (token(9, "a", "context", 3), token(1, "b"), token(9, "c", "context", 4), token(1, "d"), token(0, "", "filling"))
    seen = Seen("run/1:tuned", "train.sft", "model", "rows", LAID, [Window(1, line, ROWS, "abcd", "bd", ("", ""))], more=False, packed=True)
    lines = seeing.as_words(seen).splitlines()
    assert "lines of 9 tokens into which the rows of rows are packed" in lines[0]
    assert lines[-6].startswith("line 1  ") and lines[-4:] == ["    ⟦a⟧b", *lines[-3:-2], "    ⟦c⟧d", "    ░ 1 place filled up, masked"]
    assert json.loads(seeing.as_json(seen))["windows_in_all"] is None


def test_every_sign_is_explained_above_the_windows() -> None:
    words = seeing.as_words(SEEN)
    head = words.split("\n\n")[0]
    for sign in ("⟦seen, not learned⟧", "■ end of text", "▷ before a text", "░ filling", "· blank", "⏎ line end", "⇥ tab", "⟨C3⟩ byte"):
        assert sign in head


@pytest.mark.usefixtures("colours")
def test_colour_says_the_same_as_the_signs() -> None:
    words = seeing.as_words(SEEN)
    assert "\x1b[2m⟦the·\x1b[0m" in words and "\x1b[32mna\x1b[0m" in words and "\x1b[1;35m■<|endoftext|>\x1b[0m" in words
    assert "\x1b[7m·cat│\x1b[0m" in seeing.as_words(CUTTING)
    assert not set(COLOUR.sub("", words)) & {"\x1b"}


@pytest.mark.usefixtures("colours")
def test_no_color_takes_the_colours_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    painted = [seeing.as_words(one, ids=ids) for one in (SEEN, CUTTING) for ids in (False, True)]
    monkeypatch.setenv("NO_COLOR", "1")
    assert [seeing.as_words(one, ids=ids) for one in (SEEN, CUTTING) for ids in (False, True)] == [COLOUR.sub("", words) for words in painted]


def test_ids_stand_below_their_tokens() -> None:
    above, below = seeing.as_words(CUTTING, ids=True).splitlines()[-4:-2]
    assert (above, below) == ("    the ·cat ⏎", "    9   12   5")
    above, below = next(pair for pair in zip(*[iter(seeing.as_words(SEEN, ids=True).splitlines()[5:])] * 2, strict=False) if "1234" in pair[1])
    assert [above.index("na"), above.index("⟨C3⟩")] == [below.index("1234"), below.index("7")]


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("ids", [False, True])
def test_no_line_of_tokens_is_wider_than_the_terminal(ids: bool) -> None:
    wide = tuple(token(number, "word" * (number % 5) + " 字", "trained" if number % 3 else "context") for number in range(1, 60))
    one = Window(1, wide, ROWS[:1], "", "")
    words = seeing.as_words(Seen("a", "train.pretrain", "model", "docs", FACTS, [one], more=False), ids=ids)
    lines = words.splitlines()
    assert max(cell_len(line) for line in lines if line.startswith("    ")) <= 40
    if not ids:
        assert "".join(line.strip() for line in lines if line.startswith("    ")).replace("⟦", "").replace("⟧", "") == "".join(
            one.text.replace(" ", "·") for one in wide
        )


def test_one_token_longer_than_a_line_is_cut_to_it() -> None:
    long = Window(1, (token(3, " " * 300, "piece", 1),), ROWS[:1], " " * 300, "")
    words = seeing.as_words(Seen("a", "train.tokenizer", "tokenizer", "docs", {**FACTS, "algorithm": "bpe"}, [long], more=False))
    assert words.count("·") >= 300 and max(map(cell_len, words.splitlines()[5:])) <= 100


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("seen"))
    project.write("a.jsonl", [{"text": f"line {number} of a poem,\n\tnaïve 😀 \x1b[31m"} for number in range(60)])
    project.write_recipe(PRETRAIN)
    project.run()
    return project


def test_a_mask_can_be_proved_from_the_object(trained: Project, tilth: Tilth) -> None:
    said = tilth(trained.folder, "look", "trained:base", "-n", "999", "--json")
    told = json.loads(said.out)
    assert (told["data"], told["step"], told["learned_from"], told["more"]) == ("trained/1:base", "train.pretrain", "docs.train", False)
    assert told["windows_in_all"] == len(told["windows"])
    learned = "".join(one["trained_text"] for one in told["windows"])
    ends = sum(token["kind"] == "end" for one in told["windows"] for token in one["tokens"])
    assert ends == learned.count("<|endoftext|>") == 40
    for one in told["windows"]:
        assert all(token["learned"] == (token["kind"] in ("trained", "end")) for token in one["tokens"])
        assert set(one["tokens"][0]) == {"id", "text", "kind", "learned", "starts"}


@pytest.mark.parametrize("name", ["base", "words"])
def test_windows_are_chosen_and_what_rows_hold_never_reaches_the_terminal_raw(trained: Project, tilth: Tilth, name: str) -> None:
    said = tilth(trained.folder, "look", f"trained:{name}", "-n", "2:4", "--search", "POEM", "--ids")
    assert said.code == 0 and said.out.startswith(f"trained/1:{name}  train.")
    assert "\x1b" not in said.out and "⟨ESC⟩" in said.out
    numbers = re.findall(r"^(?:window|row) (\d+)", said.out, re.MULTILINE)
    assert len(numbers) == 3 and int(numbers[0]) >= 2


def test_a_dataset_is_looked_at_as_before(trained: Project, tilth: Tilth) -> None:
    said = tilth(trained.folder, "look", "trained:docs.train")
    assert said.code == 0 and "⟦" not in said.out and "40" in said.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("trained:bse",), "has no dataset or model `bse`. Did you mean `base`?"),
        (("trained:docs", "--ids"), "Rows are not cut into tokens here."),
        (("raw/a.jsonl", "--ids"), "Rows are not cut into tokens here."),
        (("trained:base", "--where", "1 = 1"), "--where\n  This chooses rows, and here is a model."),
        (("trained:base", "--whole"), "--whole\n  This chooses rows, and here is a model."),
    ],
)
def test_what_cannot_be_is_refused(trained: Project, tilth: Tilth, words: tuple[str, ...], told: str) -> None:
    said = tilth(trained.folder, "look", *words)
    assert said.code == 2 and told in said.err
