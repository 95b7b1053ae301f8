"""How texts are built from the columns of rows of every shape."""

import jinja2
import pytest

from tilth.survey.building import built, is_variable
from tilth.survey.facts import Chats, Column, Distribution, Rule, Share, Survey, Texts
from tilth.survey.facts import Reach as Seen


def column(name: str, kind: str = "text", filled: int = 100) -> Column:
    stored = {"list": "json", "chat": "json", "json": "json", "number": "double"}.get(kind, "string")
    return Column(name=name, type=stored, kind=kind, held={"value": filled, "null": 100 - filled}, filled=Share(filled, 100))


def lengths(*quantiles: float, least: float = 60, greatest: float = 900) -> Distribution:
    told = dict(zip((1, 50, 99), quantiles or (70, 300, 800), strict=True))
    return Distribution(n=100, least=least, greatest=greatest, mean=300, total=30_000, quantiles=told, edges=[0, 1], counts=[100])


def prose(name: str, **told) -> Texts:
    usual = {"column": name, "rows": 100, "characters": lengths(), "words": lengths(), "tokens": lengths(), "languages": [("en", 100)]}
    return Texts(**{**usual, **told})


def survey(*columns: Column, texts: tuple[Texts, ...] = (), **told) -> Survey:
    main = texts[0].column if texts else None
    return Survey(**{"name": "a.jsonl", "reach": Seen(rows=100), "columns": list(columns), "texts": list(texts), "text": main, **told})


def rendered(template: str | None, **row: object) -> str:
    assert template is not None
    return jinja2.Environment(finalize=lambda value: "" if value is None else value).from_string(template).render(row)


def test_a_column_text_is_the_text():
    found = built(survey(column("text"), texts=(prose("text"),), format="text", format_columns={"text": "text"}))
    assert (found.text, found.columns) == (None, ("text",))


def test_the_only_column_of_texts_becomes_the_text():
    found = built(survey(column("body"), column("price", "number"), texts=(prose("body"),), format="text", format_columns={"text": "body"}))
    assert found.text == "body" and "`body`" in found.why


def test_titles_come_before_lists_of_what_is_told():
    columns = column("description", "list"), column("features", "list", 50), column("title")
    found = built(survey(*columns, texts=(prose("description"), prose("features"))))
    assert found.columns == ("title", "description", "features")
    assert rendered(found.text, title="Spade", description=["Digs.", "Lasts."]) == "Spade\n\nDigs.\nLasts.\n\n"


def test_lists_of_codes_and_columns_that_are_mostly_empty_are_no_part():
    codes = prose("codes", languages=[("zxx", 80), ("en", 20)])
    names = prose("names", quality=[Rule(set="gopher", rule="stop_words", limit="at least 2", breaks=Share(100, 100))])
    columns = column("body"), column("codes", "list"), column("names", "list"), column("rare", filled=5)
    assert built(survey(*columns, texts=(prose("body"), codes, names, prose("rare")))).columns == ("body",)


def test_without_a_column_of_texts_nothing_is_built():
    found = built(survey(column("price", "number"), column("title")))
    assert (found.text, found.columns, found.shape) == (None, (), "")


@pytest.mark.parametrize(
    ("kind", "parts", "row", "said"),
    [
        ("instruction", ("instruction", "output", "input"), {"instruction": "Add.", "input": "1, 2", "output": "3"}, "Add.\n\n1, 2\n\n3"),
        ("question_answer", ("question", "answer"), {"question": "Why?", "answer": "So."}, "Why?\n\nSo."),
        ("prompt_completion", ("prompt", "completion"), {"prompt": "A", "completion": "B"}, "A\n\nB"),
        ("preference", ("chosen", "rejected"), {"chosen": "good", "rejected": "bad"}, "good"),
    ],
)
def test_rows_of_a_shape_are_read_from_top_to_bottom(kind, parts, row, said):
    columns = [column(name) for name in parts]
    found = built(survey(*columns, texts=tuple(prose(name) for name in parts), format=kind, format_columns={name: name for name in parts}))
    assert rendered(found.text, **row) == said and found.shape


@pytest.mark.parametrize(("layout", "role", "content"), [("messages", "role", "content"), ("sharegpt", "from", "value")])
def test_conversations_are_read_turn_by_turn(layout, role, content):
    talks = Chats(column="talk", layout=layout, rows=100, turns=lengths())
    found = built(survey(column("talk", "chat"), texts=(prose("talk"),), chats=[talks], format=layout, format_columns={"messages": "talk"}))
    assert rendered(found.text, talk=[{role: "user", content: "Hello"}, {role: "assistant", content: "Good day"}]) == "Hello\n\nGood day\n\n"
    assert rendered(found.text, talk=None) == ""


def test_a_column_that_no_template_can_name_stands_alone():
    found = built(survey(column("Full Text"), column("title"), texts=(prose("Full Text"), prose("title"))))
    assert found.text == "Full Text" == found.columns[0]
    assert not any(map(is_variable, ("Full Text", "class", "id", "1st", "größe")))
