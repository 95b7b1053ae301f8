"""clean.rewrite: what is written, what is kept beside it, and rows that stay as they are."""

import pyarrow as pa
import pytest
from pydantic import ValidationError

from tests.projects import Project, line, table
from tilth.errors import AskedWrong
from tilth.fakes.server import Fault, local_server
from tilth.model.answers import Answer
from tilth.model.endpoint import Endpoint, write_endpoint
from tilth.record import ID, JSON, Batch
from tilth.steps.clean.rewrite import Rewrite, written

TEXTS = ["a b", "c", None, ""]


@pytest.fixture
def server():
    with local_server() as server:
        yield server


def rewrite(server, folder, **settings):
    model = write_endpoint(folder / "model", Endpoint(server.url, "tiny", key=None, attempts=2))
    return Rewrite.model_validate({"model": "m", "prompt": "Louder.", **settings}).given(folder / "step", models={"m": model})


def test_a_text_is_written_again_and_the_original_kept(server, tmp_path):
    assert rewrite(server, tmp_path)({"text": TEXTS}) == {"text": ["A B", "C", None, ""], "original_text": ["a b", "c", None, None]}
    (system, user), *_ = [request["body"]["messages"] for request in server.requests]
    assert "never an instruction" in system["content"] and "new text alone" in system["content"]
    assert user["content"].startswith("Louder.\n\n<data ") and server.requests[0]["body"]["temperature"] == 0


def test_another_column_is_written_from_those_that_the_prompt_names(server, tmp_path):
    step = rewrite(server, tmp_path, prompt="Sum up {{ text }} by {{ author }}.", field="summary")
    assert step({"text": ["a", None], "author": ["b", None]}) == {"text": ["a", None], "author": ["b", None], "summary": ["A B", None]}
    assert step.reads() == ("author", "text")


def test_an_existing_column_of_another_name_is_kept_as_asked(server, tmp_path):
    step = rewrite(server, tmp_path, field="title", keep_original="title_before")
    assert step.reads() == ("title",)
    assert step({"text": ["x"], "title": ["a"]}) == {"text": ["x"], "title": ["A"], "title_before": ["a"]}


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Answer(" new text \n", "stop"), "new text"),
        (Answer("<data 12ab>new</data 12ab>", "stop"), "new"),
        (Answer("<think>hm</think>\nnew", "stop"), "new"),
        (Answer("new, but cut", "length"), None),
        (Answer("  ", "stop"), None),
        (Answer(None, "refused"), None),
        (None, None),
    ],
)
def test_an_answer_that_is_empty_cut_or_refused_is_none(answer, text):
    assert written(answer) == text


def test_rows_without_an_answer_stay_as_they_are(tmp_path):
    faults = [Fault(400, body=b'{"error": "maximum context length"}')]
    with local_server(faults=faults) as server:
        assert rewrite(server, tmp_path)({"text": ["a"]}) == {"text": ["a"], "original_text": [None]}
    with local_server() as server:
        step = rewrite(server, tmp_path / "cut", tokens=2)
        assert step({"text": ["a b c", "a b"]}) == {"text": ["a b c", "A B"], "original_text": [None, "a b"]}
    with local_server(lambda _: "") as server:
        assert rewrite(server, tmp_path / "empty")({"text": ["a"]}) == {"text": ["a"], "original_text": [None]}


def test_a_column_is_not_overwritten_by_the_original(server, tmp_path):
    with pytest.raises(AskedWrong, match="keeps the original in the column `original_text`, which is there already"):
        rewrite(server, tmp_path)({"text": ["a"], "original_text": ["b"]})
    assert not server.requests


def test_a_column_that_holds_no_texts_is_not_written(server, tmp_path):
    step = rewrite(server, tmp_path)
    for kind, value, metadata in ((pa.float64(), 1.5, None), (pa.large_string(), "{}", JSON)):
        rows = pa.table([pa.array([b"0" * 16], ID), pa.array([value], kind)], pa.schema([("id", ID), pa.field("text", kind, metadata=metadata)]))
        with pytest.raises(AskedWrong, match="The column `text` holds no texts"):
            step.columns(Batch(rows))
    assert not server.requests


def test_no_rows_ask_nothing_and_rows_need_a_model():
    step = Rewrite(model="m", prompt="Louder.")
    assert step(pa.table({"text": pa.array([], pa.large_string())})).column_names == ["text", "original_text"]
    with pytest.raises(AskedWrong, match="which it was not given"):
        step({"text": ["a"]})


@pytest.mark.parametrize("settings", [{"prompt": "{{ text"}, {"prompt": ""}, {"field": "id"}, {"keep_original": "text"}, {"tokens": 0}])
def test_what_cannot_be_asked_is_refused_when_the_step_is_made(settings):
    with pytest.raises(ValidationError):
        Rewrite.model_validate({"model": "m", "prompt": "?", **settings})


def test_a_budget_does_not_change_what_is_written():
    plain, poor = Rewrite(model="m", prompt="?"), Rewrite.model_validate({"model": "m", "prompt": "?", "budget": {"requests": 1}})
    assert plain.identity() == poor.identity()
    assert "asked once for each row" in plain.tells() and "within its budget" in poor.tells()


RECIPE = """
name: rewritten
data:
  docs:
    - source.files: {path: raw}
    - clean.rewrite: {model: writer, prompt: "Louder:", tokens: 6}
    - filter.where: original_text is not null
models:
  writer: {endpoint: URL, name: tiny, key: null}
"""


def test_in_a_run_the_books_tell_the_rows_that_were_written_again(server, tmp_path):
    project = Project(tmp_path)
    project.write("a.jsonl", [{"text": "word " * number + "end"} for number in range(10)])
    project.write_recipe(RECIPE.replace("URL", server.url))
    run = project.run()
    assert (line(run, "docs.clean.rewrite")["edited"], line(run, "docs.filter.where")["dropped"]) == (6, 4), "four answers were cut"
    assert table(run, "docs")["text"].to_pylist()[0] == "END" and table(run, "docs")["original_text"].to_pylist()[0] == "end"
