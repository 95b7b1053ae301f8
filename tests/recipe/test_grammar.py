"""What may stand where in datasets, models and scores."""

import pytest

from tests.recipe.toys.house import changed, complaint, understood

LISTS = [
    ("docs: []", 2, "docs", "Found an empty list. A dataset is a list of steps that begins with a source or `from:`."),
    ("docs: {clean.trim: {}}", 2, "docs", "Found a mapping with clean.trim. A dataset is a list of steps"),
    ("docs: clean.trim", 2, "docs", "Found `clean.trim`, a text. A dataset is a list of steps"),
    ("docs: [clean.trim]", 2, "docs", "The list begins with clean.trim. A dataset begins with a source or `from:`."),
    ("docs:\n  - source.rows: {path: a}\n  - from: docs", 4, "docs.from", "`from:` stands after other entries. It is the first entry of a list."),
    (
        "docs:\n  - from: docs\n  - source.rows: {path: a}",
        4,
        "docs.source.rows",
        "The list has both `from:` and a source. Make a dataset of the source and name both: `from: [a, b]`.",
    ),
    (
        "docs:\n  - source.rows: {path: a}\n  - clean.trim\n  - source.rows: {path: b}",
        5,
        "docs.source.rows",
        "The source stands after other steps. Sources stand at the head of a list.",
    ),
    (
        "docs:\n  - source.rows: {path: a}\n  - split.halves\n  - clean.trim\n  - clean.trim",
        5,
        "docs.clean.trim",
        "Nothing follows a split, and split.halves stands before. Start another dataset with `from: docs.…`.",
    ),
    ("docs:\n  - source.rows: {path: a}\n  - split.mute", 4, "docs.split.mute", "The step does not tell its parts. A step of the room split"),
    (
        "docs:\n  - source.rows: {path: a}\n  - clean.trim:\n    with: x",
        5,
        "docs.clean.trim",
        "One entry is one step, and here are 2 keys: clean.trim, with. Indent the settings of `clean.trim` further than its name.",
    ),
    ("docs:\n  - source.rows: {path: a}\n  - 5", 4, "docs", "Found `5`, a number. An entry is the name of a step, alone or with its settings"),
    ("docs:\n  - source.rows: {path: a}\n  - ", 4, "docs", "Found nothing. An entry is the name of a step"),
    ("docs:\n  - source.rows: {path: a}\n  - {}", 4, "docs", "Found an empty mapping. An entry is the name of a step"),
    ("docs:\n  - source.rows: a", 3, "docs.source.rows", "Found `a`, a text. It takes a mapping with: path, columns."),
    ("docs:\n  - source.rows", 3, "docs.source.rows", "The setting `path` is missing. It takes a text."),
    (
        "docs:\n  - source.rows: {path: a}\n  - train.words: {data: docs}",
        4,
        "docs.train.words",
        "A step of the room train makes a model. Write it under `models:`.",
    ),
    ("docs:\n  - from: []", 3, "docs.from", "Found an empty list. It takes the name of a dataset, or a list of names of datasets."),
    ("docs:\n  - from:", 3, "docs.from", "Found nothing. It takes the name of a dataset"),
    ("docs:\n  - from", 3, "docs.from", "Found nothing. It takes the name of a dataset"),
    ("my docs: [source.rows: {path: a}]", 2, "my docs", "`my docs` cannot be a name. A name has letters (a–z), digits, `_` and `-`, and begins"),
    ("a.b: [source.rows: {path: a}]", 2, "a.b", "`a.b` cannot be a name."),
    ("seed: [source.rows: {path: a}]", 2, "seed", "`seed` is a word of the recipe itself. Choose another name."),
]


@pytest.mark.parametrize(("text", "line", "address", "message"), LISTS, ids=[text for text, *_ in LISTS])
def test_a_list_that_cannot_be(text, line, address, message):
    told = complaint("data:\n  " + text.replace("\n", "\n  ") + "\nname: x\n")
    assert f"recipe.yaml:{line}  {address}\n  {message}" in told, told


THINGS = [
    ("models: {m: }", "m", "Found nothing. A model is made, `{train.…: {…}}`, or given, `{from: …}` or `{endpoint: https://…, name: …}`."),
    ("models: {m: train.words}", "m", "Found `train.words`, a text. A model is made"),
    ("models: {m: {from: }}", "m.from", "Found nothing. It takes a text."),
    ("models: {m: {from: x, adapter: y}}", "m.adapter", "There is no such setting. Settings of m: from, revision."),
    ("models: {m: {form: x}}", "m.form", "There is no such setting. Did you mean `from`? It takes a text."),
    ("models: {m: {revision: x}}", "m", "The setting `from` is missing. It takes a text."),
    ("models: {m: {clean.trim: x}}", "m.clean.trim", "A step of the room clean makes a dataset. Write it under `data:`."),
    ("models: {m: {evaluate.marks: {models: []}}}", "m.evaluate.marks", "A step of the room evaluate makes a score. Write it under `scores:`."),
    ("models: {m: {train.words: {data: d}, train.mind: {}}}", "m", "One entry is one step, and here are 2 keys: train.words, train.mind."),
    ("scores: {s: 3}", "s", "Found `3`, a number. A score is made by a step: `{evaluate.…: {…}}`."),
    ("scores: {s: {train.words: {data: d}}}", "s.train.words", "A step of the room train makes a model. Write it under `models:`."),
]


@pytest.mark.parametrize(("text", "address", "message"), THINGS, ids=[text for text, *_ in THINGS])
def test_a_model_or_score_that_cannot_be(text, address, message):
    told = complaint("name: x\n" + text)
    assert f"recipe.yaml:2  {address}\n  {message}" in told, told


ENDPOINTS = [
    ("{endpoint: https://a.org/v1}", "m", "The setting `name` is missing. It takes a text."),
    ("{name: gpt}", "m", "The setting `endpoint` is missing. It takes a text."),
    ("{endpoint: a.org/v1, name: gpt}", "m.endpoint", "It takes an address that begins with https:// or http://"),
    ("{endpoint: 'https://me:pw@a.org/v1', name: gpt}", "m.endpoint", "It takes an address without a user, a `?` or a `#`"),
    ("{endpoint: 'https://a.org/v1?key=1', name: gpt}", "m.endpoint", "It takes an address without a user, a `?` or a `#`"),
    ("{endpoint: https://a.org/v1, name: gpt, keys: A}", "m.keys", "There is no such setting. Did you mean `key`?"),
    ("{endpoint: https://a.org/v1, name: gpt, at_once: 0}", "m.at_once", "Found `0`, a number. It takes a whole number from 1 to 256."),
    ("{endpoint: https://a.org/v1, name: gpt, request: {messages: []}}", "m.request", "`messages` is not for the recipe to say."),
    ("{endpoint: https://a.org/v1, name: gpt, price: {input: 1}}", "m.price", "The setting `output` is missing."),
]


@pytest.mark.parametrize(("model", "address", "message"), ENDPOINTS, ids=[model for model, *_ in ENDPOINTS])
def test_an_endpoint_that_cannot_be(model, address, message):
    told = complaint(f"name: x\nmodels: {{m: {model}}}\n")
    assert f"recipe.yaml:2  {address}\n  {message}" in told, told


def test_an_endpoint_is_a_model_that_is_given():
    text = changed("{from: meta-llama/Llama-3.1-8B, revision: 0e9e39f}", "{endpoint: https://a.org/v1/, name: gpt-4o, timeout: 9}")
    (given,) = [model.given for model in understood(text).models if model.given is not None]
    assert given.place == "https://a.org/v1" and given.where == "recipe.yaml:25  llama.endpoint"
    assert given.endpoint == {
        "endpoint": "https://a.org/v1",
        "name": "gpt-4o",
        "key": "OPENAI_API_KEY",
        "timeout": 9.0,
        "at_once": 8,
        "attempts": 8,
        "request": {},
        "price": None,
    }


@pytest.mark.parametrize("key", ["sk-a1b2c3d4e5f6", "gsk_a1b2c3d4e5f6"])
def test_a_key_that_stands_in_the_recipe_is_refused_and_not_repeated(key, monkeypatch):
    told = complaint(f"name: x\nmodels: {{m: {{endpoint: https://a.org/v1, name: gpt, key: {key}}}}}\n")
    assert "m.key\n  It takes the name of the variable that holds the key, in capitals, such as OPENAI_API_KEY, and never the key itself." in told
    assert key not in told


def test_one_name_for_one_thing():
    told = complaint(changed("  held_out: {eval", "  docs: {eval"))
    assert "recipe.yaml:27  docs\n  There is already a dataset `docs` in recipe.yaml:7. Choose another name." in told


def test_a_tokenizer_has_no_weights_and_a_model_has_a_tokenizer():
    told = complaint(changed("models: [mind, llama]", "models: [mind, words]"))
    wanted = "A model is wanted here. The recipe's models: mind, llama."
    assert told == f"recipe.yaml:27  held_out.evaluate.marks.models[2]\n  `words` is a tokenizer. {wanted}"
    understood(changed("tokenizer: words", "tokenizer: llama"))


def test_where_a_split_stands_its_first_part_is_offered():
    text = changed("- split.halves", "- split.halves: {names: [a, b]}")
    assert "Name one of its parts: docs.a, docs.b." in complaint(text.replace("{data: docs.train}", "{data: docs}"))
    understood(text.replace("docs.train", "docs.a").replace("docs.test", "docs.b"))


def test_a_mistake_in_a_list_makes_no_others_about_its_parts():
    told = complaint(changed("- split.halves", "- split.halvs"))
    assert told.count("\n") == 1 and "Did you mean `split.halves`?" in told


def test_a_dataset_may_start_from_parts():
    text = changed("models:\n", "  again:\n    - from: [docs.train, docs.test]\nmodels:\n")
    assert understood(text).data[2].starts == ("docs.train", "docs.test")
