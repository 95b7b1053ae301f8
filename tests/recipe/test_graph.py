"""Who needs whom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recipe.toys.house import document
from tilth.errors import RecipeError
from tilth.recipe.findings import Findings
from tilth.recipe.graph import Named, Wanted, check, order
from tilth.recipe.nodes import Node

NAMED = {
    "raw": Named("dataset", Node(None, 1, "r")),
    "docs": Named("dataset", Node(None, 2, "r"), ("train", "test")),
    "broken": Named("dataset", Node(None, 3, "r"), None),
    "base": Named("model", Node(None, 4, "r")),
    "words": Named("tokenizer", Node(None, 5, "r")),
}


def told(what, name):
    findings = Findings(document("a: 1"))
    check([Wanted("x", what, Node(name, 7, "r", name), "x.data")], NAMED, findings)
    with pytest.raises(RecipeError) as refused:
        findings.check()
    return str(refused.value)


def test_what_may_be_named():
    findings = Findings(document("a: 1"))
    names = [("dataset", "raw"), ("dataset", "docs.train"), ("dataset", "broken.any"), ("dataset", "broken")]
    names += [("model", "base"), ("tokenizer", "words"), ("tokenizer", "base")]
    check([Wanted("x", what, Node(name, 7, "r", name), "x.data") for what, name in names], NAMED, findings)
    assert len(findings) == 0


@pytest.mark.parametrize(
    ("what", "name", "message"),
    [
        ("dataset", "docs", "`docs` ends in a split. Name one of its parts: docs.train, docs.test."),
        ("dataset", "docs.tset", "`docs` has no part `tset`. Did you mean `docs.test`? Its parts: docs.train, docs.test."),
        ("dataset", "docs.zzz", "`docs` has no part `zzz`. Its parts: docs.train, docs.test."),
        ("dataset", "docs.train.more", "`docs` has no part `train.more`. Did you mean `docs.train`? Its parts: docs.train, docs.test."),
        ("dataset", "raw.", "`raw` has no parts. Write `raw`, or end its list with a split."),
        ("dataset", "base", "`base` is a model. A dataset is wanted here. The recipe's datasets: raw, docs.train, docs.test, broken."),
        ("dataset", "dcos", "There is no dataset `dcos`. Did you mean `docs.train`?"),
        ("dataset", "dcos.tset", "There is no dataset `dcos.tset`. Did you mean `docs.test`?"),
        ("dataset", "zzzzzz", "There is no dataset `zzzzzz`. The recipe's datasets: raw, docs.train, docs.test, broken."),
        ("dataset", "", "There is no dataset ``. The recipe's datasets: raw, docs.train, docs.test, broken."),
        ("model", "bass", "There is no model `bass`. Did you mean `base`?"),
        ("model", "base.x", "There is no model `base.x`. Did you mean `base`?"),
        ("model", "words", "`words` is a tokenizer. A model is wanted here. The recipe's models: base."),
        ("tokenizer", "docs", "`docs` is a dataset. A tokenizer is wanted here. The recipe's tokenizers: base, words."),
        ("tokenizer", "wrods", "There is no tokenizer `wrods`. Did you mean `words`?"),
        ("score", "base", "`base` is a model. A score is wanted here. The recipe has no score."),
    ],
)
def test_what_may_not(what, name, message):
    assert told(what, name) == f"r:7  x.data\n  {message}"


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_an_order_or_a_circle(pairs):
    """Names come after all that they need; where that cannot be, a true circle is shown."""
    named = {f"n{number}": Named("model", Node(None, number, "r")) for number in range(8)}
    wanted = [Wanted(f"n{by}", "model", Node(f"n{of}", by, "r", f"n{of}"), f"n{by}.model") for by, of in pairs]
    findings = Findings(document("a: 1"))
    found = order(wanted, named, findings)
    if found:
        assert sorted(found) == sorted(named) and len(findings) == 0
        assert all(found.index(f"n{of}") < found.index(f"n{by}") for by, of in pairs)
        return
    with pytest.raises(RecipeError) as refused:
        findings.check()
    circle = str(refused.value).split("circle: ")[1].split(".")[0].split(" → ")
    assert circle[0] == circle[-1] == min(circle) and len(circle) > 1
    assert all((int(by[1:]), int(of[1:])) in pairs for by, of in zip(circle, circle[1:], strict=False))
