"""What the words of a recipe mean, and what is said when they mean nothing."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recipe.toys.house import OUTSIDE, RECIPE, changed, complaint, document, understood
from tilth.errors import RecipeError
from tilth.recipe.resolve import find_step, resolve, step_names, steps_read_by
from tilth.step import Step
from tilth.work import cores


def test_every_step_has_its_address_its_line_and_its_settings():
    docs = understood().data[1]
    assert (docs.name, docs.line, docs.starts, docs.sources) == ("docs", 7, ("raw",), ())
    assert [(placed.address, placed.line) for placed in docs.steps] == [
        ("docs.clean.trim", 9),
        ("docs.clean.trim[2]", 10),
        ("docs.filter.marks", 11),
        ("docs.split.halves", 16),
    ]
    assert docs.steps[1].step.letters == "x", "a step with one obvious setting may be bare"
    assert docs.steps[2].step.bounds["words"].at_least == 30


def test_several_sources_stand_at_the_head():
    raw = understood().data[0]
    assert [source.address for source in raw.sources] == ["raw.source.rows", "raw.source.rows[2]"]
    assert raw.steps == ()


def test_models_are_made_or_given():
    words, mind, llama = understood().models
    assert words.made.address == "words.train.words" and words.given is None
    assert mind.made.step.learning_rate == 1e-4
    assert llama.made is None and (llama.given.place, llama.given.revision) == ("meta-llama/Llama-3.1-8B", "0e9e39f")


def test_the_order_begins_with_what_others_need():
    order = understood().order
    assert sorted(order) == sorted(["raw", "docs", "words", "mind", "llama", "held_out", "verdict"])
    for earlier, later in [("raw", "docs"), ("docs", "words"), ("words", "mind"), ("mind", "held_out"), ("held_out", "verdict")]:
        assert order.index(earlier) < order.index(later)


def test_machine_is_pulled_and_everything_else_has_a_default():
    recipe = understood()
    assert (recipe.name, recipe.seed, recipe.machine.workers, recipe.machine.engine) == ("marks", 7, 2, "local")
    assert understood(changed("machine: {workers: 2}\n", "")).machine.workers == cores()
    assert understood(changed("seed: 7\n", "")).seed == 0


def test_a_step_with_a_seed_gets_that_of_the_recipe_and_its_place_as_salt():
    halves = understood().data[1].steps[-1].step
    assert (halves.seed, halves.salt) == (7, "docs.split.halves")
    written = understood(changed("- split.halves", "- split.halves: {seed: 3, salt: mine}")).data[1].steps[-1].step
    assert (written.seed, written.salt) == (3, "mine")


def test_the_text_of_a_recipe_is_the_same_recipe():
    recipe = understood()
    again = understood(recipe.text)
    assert again.text == recipe.text
    assert [placed.step for placed in again.data[1].steps] == [placed.step for placed in recipe.data[1].steps]


TYPOS = [
    (
        "name: marks",
        "nmae: marks",
        "nmae",
        "There is no such key. Did you mean `name`? A recipe's keys: name, seed, audit, data, models, scores, machine, include.",
    ),
    (
        "scores:",
        "score:",
        "score",
        "There is no such key. Did you mean `scores`? A recipe's keys: name, seed, audit, data, models, scores, machine, include.",
    ),
    (
        "name: marks",
        "name: my marks",
        "name",
        "`my marks` cannot be a name. A name has letters (a–z), digits, `_` and `-`, and begins with a letter or digit.",
    ),
    ("seed: 7", "seed: seven", "seed", "Found `seven`, a text. It takes a whole number from 0 to 4294967295."),
    ("seed: 7", "seed: '7'", "seed", "Found `7`, a text. It takes a whole number from 0 to 4294967295. Write it without quotes: 7."),
    ("from: raw", "from: rwa", "docs.from", "There is no dataset `rwa`. Did you mean `raw`?"),
    (
        "from: raw",
        "from: [raw, words]",
        "docs.from[2]",
        "`words` is a tokenizer. A dataset is wanted here. The recipe's datasets: raw, docs.train, docs.test.",
    ),
    ("from: raw", "from: [raw, raw]", "docs.from[2]", "`raw` is named twice. Name it once."),
    ("from: raw", "from: 3", "docs.from", "Found `3`, a number. It takes the name of a dataset, or a list of names of datasets."),
    ("from: raw", "form: raw", "docs.form", "There is no such step. Did you mean `from`?"),
    ("clean.trim: x", "clean.tirm: x", "docs.clean.tirm", "There is no such step. Did you mean `clean.trim`? `tilth steps` lists them all."),
    ("clean.trim: x", "claen.trim: x", "docs.claen.trim", "There is no such step. Did you mean `clean.trim`? `tilth steps` lists them all."),
    ("clean.trim: x", "filter.trim: x", "docs.filter.trim", "There is no such step. Did you mean `clean.trim`? `tilth steps` lists them all."),
    ("clean.trim: x", "trim: x", "docs.trim", "There is no such step. Did you mean `clean.trim`? `tilth steps` lists them all."),
    (
        "rules: [gopher, c4]",
        "ruels: [gopher]",
        "docs.filter.marks.ruels",
        "There is no such setting. Did you mean `rules`? It takes a list of: gopher, gopher_repetition, c4, fineweb.",
    ),
    (
        "rules: [gopher, c4]",
        "rules: [gopher, C5]",
        "docs.filter.marks.rules[2]",
        "Found `C5`, a text. It takes one of: gopher, gopher_repetition, c4, fineweb.",
    ),
    (
        "rules: [gopher, c4]",
        "rules: gopher",
        "docs.filter.marks.rules",
        "Found `gopher`, a text. It takes a list of: gopher, gopher_repetition, c4, fineweb. Write `[gopher]`.",
    ),
    (
        "characters: {at_least: 80}",
        "characters: {at_leest: 80}",
        "docs.filter.marks.characters.at_leest",
        "There is no such setting. Did you mean `at_least`? It takes a number.",
    ),
    (
        "characters: {at_least: 80}",
        "characters: 80",
        "docs.filter.marks.characters",
        "Found `80`, a number. It takes a mapping with: at_least, at_most.",
    ),
    (
        "words: {at_least: 30}",
        "words: {at_least: many}",
        "docs.filter.marks.bounds.words.at_least",
        "Found `many`, a text. It takes a number.",
    ),
    (
        "words: {train.words:",
        "words: {train.word:",
        "words.train.word",
        "There is no such step. Did you mean `train.words`? `tilth steps` lists them all.",
    ),
    (
        "{data: docs.train}",
        "{dta: docs.train}",
        "words.train.words.dta",
        "There is no such setting. Did you mean `data`? It takes the name of a dataset.",
    ),
    ("{data: docs.train}", "{data: docs}", "words.train.words.data", "`docs` ends in a split. Name one of its parts: docs.train, docs.test."),
    (
        "{data: docs.train}",
        "{data: docs.trian}",
        "words.train.words.data",
        "`docs` has no part `trian`. Did you mean `docs.train`? Its parts: docs.train, docs.test.",
    ),
    ("{data: docs.train}", "{data: raw.train}", "words.train.words.data", "`raw` has no parts. Write `raw`, or end its list with a split."),
    ("{data: docs.train}", "{data: dosc.train}", "words.train.words.data", "There is no dataset `dosc.train`. Did you mean `docs.train`?"),
    ("tokenizer: words", "tokenizer: wrds", "mind.train.mind.tokenizer", "There is no tokenizer `wrds`. Did you mean `words`?"),
    (
        "tokenizer: words",
        "tokenizer: held_out",
        "mind.train.mind.tokenizer",
        "`held_out` is a score. A tokenizer is wanted here. The recipe's tokenizers: words, mind, llama.",
    ),
    (
        "type: llama, layers",
        "type: lama, layers",
        "mind.train.mind.architecture.type",
        "Found `lama`, a text. Did you mean `llama`? It takes one of: llama, gpt2.",
    ),
    ("type: llama, layers", "layers", "mind.train.mind.architecture", "The setting `type` is missing. It takes one of: llama, gpt2."),
    ("layers: 4", "layrs: 4", "mind.train.mind.architecture.layrs", "There is no such setting. Did you mean `layers`? It takes a whole number."),
    ("layers: 4", "layers: 4.5", "mind.train.mind.architecture.layers", "Found `4.5`, a number. It takes a whole number."),
    (", layers: 4", "", "mind.train.mind.architecture", "The setting `layers` is missing. It takes a whole number."),
    ("learning_rate: 1e-4", "learning_rate: fast", "mind.train.mind.learning_rate", "Found `fast`, a text. It takes a number."),
    ("revision: 0e9e39f", "revison: 0e9e39f", "llama.revison", "There is no such setting. Did you mean `revision`? It takes a text."),
    ("revision: 0e9e39f", "revision: 0123456", "llama.revision", 'Found `0123456`, a number. It takes a text. Write it in quotes: "0123456".'),
    (
        "held_out: {evaluate.marks:",
        "held_out: {evaluate.mark:",
        "held_out.evaluate.mark",
        "There is no such step. Did you mean `evaluate.marks`? `tilth steps` lists them all.",
    ),
    (
        "models: [mind, llama]",
        "modles: [mind, llama]",
        "held_out.evaluate.marks.modles",
        "There is no such setting. Did you mean `models`? It takes a list of names of models.",
    ),
    ("models: [mind, llama]", "models: [mind, lama]", "held_out.evaluate.marks.models[2]", "There is no model `lama`. Did you mean `llama`?"),
    (
        "models: [mind, llama]",
        "models: mind",
        "held_out.evaluate.marks.models",
        "Found `mind`, a text. It takes a list of names of models. Write `[mind]`.",
    ),
    ("{score: held_out}", "{score: heldout}", "verdict.compare.marks.score", "There is no score `heldout`. Did you mean `held_out`?"),
    (
        "machine: {workers: 2}",
        "machine: {worker: 2}",
        "machine.worker",
        "There is no such setting. Did you mean `workers`? It takes a whole number of at least 1.",
    ),
    ("machine: {workers: 2}", "machine: {workers: 0}", "machine.workers", "Found `0`, a number. It takes a whole number of at least 1."),
    (
        "machine: {workers: 2}",
        "machine: {device: cdua}",
        "machine.device",
        "Found `cdua`, a text. Did you mean `cuda`? It takes one of: auto, cpu, cuda, mps.",
    ),
]


@pytest.mark.parametrize(("old", "new", "address", "message"), TYPOS, ids=[new for _, new, _, _ in TYPOS])
def test_a_typo_is_told_with_its_line_its_address_and_the_right_word(old, new, address, message):
    line = RECIPE[: RECIPE.index(old)].count("\n") + 1
    assert f"recipe.yaml:{line}  {address}\n  {message}" in complaint(changed(old, new)).replace("\nrecipe", "\n\nrecipe").split("\n\n")


def test_the_message_of_the_design():
    text = changed("rules: [gopher, c4]", "ruels: [gopher, c4]")
    assert complaint(text) == (
        "recipe.yaml:12  docs.filter.marks.ruels\n"
        "  There is no such setting. Did you mean `rules`? It takes a list of: gopher, gopher_repetition, c4, fineweb."
    )


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file():
    text = RECIPE.replace("seed: 7", "seed: no").replace("layers: 4", "layrs: 4").replace("at_least: 30", "at_last: 30").replace("path: a", "pth: a")
    places = [line.split("  ")[0] for line in complaint(text).splitlines() if not line.startswith(" ")]
    assert places == ["recipe.yaml:2", "recipe.yaml:5", "recipe.yaml:15", "recipe.yaml:23"]


def test_a_circle_is_shown():
    text = changed("- from: raw", "- from: loop").replace("models:\n", "  loop:\n    - from: docs.train\nmodels:\n", 1)
    assert complaint(text) == (
        "recipe.yaml:8  docs.from\n  These need each other in a circle: docs → loop → docs. Start one of them from something else."
    )


def test_data_may_need_a_model_and_the_circle_goes_through_it():
    text = changed("rules: [gopher, c4]", "judge: words")
    assert "recipe.yaml:12  docs.filter.marks.judge\n  These need each other in a circle: docs → words → docs." in complaint(text)


def test_a_name_that_needs_itself():
    assert "circle: docs → docs." in complaint(changed("from: raw", "from: docs.train"))


def test_names_that_a_step_reads():
    recipe = understood()
    assert steps_read_by(recipe.models[1].made.step) == ("docs.train", "words")
    assert steps_read_by(recipe.scores[0].made.step) == ("mind", "llama", "docs.test")
    assert steps_read_by(recipe.scores[1].made.step) == ("held_out",)
    judged = understood(
        changed("rules: [gopher, c4]", "judge: [llama], against: raw").replace("judge: [llama], against", "judge: [llama]\n        against")
    )
    assert steps_read_by(judged.data[1].steps[2].step) == ("raw", "llama")
    assert steps_read_by(recipe.data[1].steps[0].step) == ()


def test_every_step_that_comes_with_tilth_is_found_by_its_name():
    names = step_names()
    assert "split.random" in names and "clean.whitespace" in names
    assert not any("._" in name or name.endswith(".__init__") for name in names)
    for name in names:
        step = find_step(name)
        assert issubclass(step, Step) and step.name() == name


@pytest.mark.parametrize("name", ["filter.__init__", "filter._private", "filter", "..steps", "filter.marks.more", "", "split.Random", "os.path"])
def test_what_is_no_step_is_never_imported(name):
    with pytest.raises(RecipeError, match="There is no such step"):
        find_step(name, {})


def test_an_outside_step_is_named_as_its_module():
    with pytest.raises(RecipeError, match=r"ends in `\.filter\.marks`"):
        find_step("filter.marks", {"filter.marks": "tests.recipe.toys.filter.other"})
    with pytest.raises(RecipeError, match="its room is one of: source"):
        find_step("toys.house", {"toys.house": "tests.recipe.toys.house"})
    with pytest.raises(RecipeError, match="cannot be imported: No module named 'nowhere'"):
        find_step("filter.gone", {"filter.gone": "nowhere.filter.gone"})
    with pytest.raises(RecipeError, match=r"has no step `Gone`"):
        find_step("toys.gone".replace("toys", "filter"), {"filter.gone": "tests.recipe.toys.filter.gone"})


def test_a_room_without_a_near_step_lists_its_steps():
    with pytest.raises(RecipeError) as refused:
        find_step("split.zzzzzz", {})
    assert "Steps of split: split.group, split.random" in str(refused.value)


def test_steps_of_installed_packages_are_known_where_none_are_given():
    assert resolve(document("name: x\nmodels: {a: {from: b}}\n")).order == ("a",)
    with pytest.raises(RecipeError, match="no such step"):
        find_step("filter.zzzzzz")


def test_a_recipe_that_asks_for_nothing():
    for text in ("name: x\n", "name: x\ndata:\nmodels: {}\n"):
        assert "The recipe asks for nothing. It has at least one of: data, models, scores." in complaint(text)


def test_sections_and_the_machine_are_mappings():
    told = complaint("name: x\ndata: [a]\nmodels: 3\nmachine: fast\n")
    assert "recipe.yaml:2  data\n  Found a list. It takes a mapping from the name of each dataset to what it is." in told
    assert "recipe.yaml:3  models\n  Found `3`, a number. It takes a mapping from the name of each model to what it is." in told
    assert "recipe.yaml:4  machine\n  Found `fast`, a text. It takes a mapping with: workers, shard_bytes," in told


def test_checking_a_recipe_imports_no_torch():
    code = (
        "import sys; from tilth.recipe.resolve import find_step, step_names\n"
        "for name in step_names(): find_step(name)\n"
        "print(sorted({'torch', 'transformers', 'tokenizers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12) | st.sampled_from(
    [
        "from",
        "data",
        "raw",
        "docs.train",
        "clean.trim",
        "source.rows",
        "null",
        "yes",
        "[]",
        "{}",
        "[a, b]",
        "{a: b}",
        "1",
        "1e999",
        ".nan",
        "-1",
        "&a",
        "*a",
    ]
)


@given(st.data())
def test_whatever_is_changed_in_a_recipe_it_is_understood_or_refused(data):
    """A word is replaced by any other: never another exception than RecipeError."""
    words = RECIPE.replace("\n", " \n").split(" ")
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(words) - 1))
        words[place] = (
            words[place][: len(words[place]) - len(words[place].lstrip("\n{["))] + data.draw(WORDS) + data.draw(st.sampled_from(["", ":", "}"]))
        )
    try:
        understood(" ".join(words))
    except RecipeError as refused:
        assert str(refused).strip()


@given(st.data())
def test_a_changed_key_is_refused_at_its_line(data):
    """Every key of the recipe's own grammar, misspelt by one letter, is told with the line on which it stands."""
    keys = ["seed", "models:", "machine", "source.rows: {path: a}", "path: b", "clean.trim: x", "filter.marks", "rules", "characters", "bounds"]
    keys += ["train.words", "train.mind", "tokenizer", "architecture", "learning_rate", "revision", "evaluate.marks", "compare.marks", "workers"]
    key = data.draw(st.sampled_from(keys))
    start = RECIPE.index(key)
    place = start + data.draw(st.integers(0, len(key.split(":")[0]) - 1))
    if RECIPE[place] == ".":
        place += 1
    text = RECIPE[:place] + "q" + RECIPE[place + 1 :]
    assert f"recipe.yaml:{RECIPE[:place].count(chr(10)) + 1}  " in complaint(text)


def test_the_toys_are_outside_steps():
    assert set(OUTSIDE) & set(step_names()) == set()
