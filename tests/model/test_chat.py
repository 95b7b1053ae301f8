"""Models that steps ask: an endpoint and a folder in the same way, and what is known before the first row."""

import pytest

from tilth.errors import AskedWrong, Missing
from tilth.fakes.model import tiny_model
from tilth.fakes.server import local_server
from tilth.model.answers import Account, Answers, Budget
from tilth.model.chat import answers_of, asked, ready
from tilth.model.endpoint import Endpoint, Price, write_endpoint
from tilth.work import Studied

FREE = Account("free")


def studied(tmp_path, folder):
    return Studied("content", tmp_path, {"m": folder}, tmp_path / "answers")


def conversation(text):
    return [{"role": "user", "content": text}]


def test_an_endpoint_is_asked_over_the_network(tmp_path):
    with local_server() as server:
        folder = write_endpoint(tmp_path / "m", Endpoint(server.url, "tiny", key=None))
        first, nothing = answers_of(asked("m", studied(tmp_path, folder), 9, FREE), [conversation("<data 1>a</data 1>"), None])
    assert first.value == "A" and nothing is None


def test_a_folder_is_asked_once_and_then_not_loaded(tmp_path):
    folder = tiny_model(tmp_path / "m")
    model = asked("m", studied(tmp_path, folder), 3, FREE)
    first = answers_of(model, [conversation("a")])
    (folder / "config.json").unlink()
    assert answers_of(model, [conversation("a")]) == first
    with Answers(tmp_path / "answers") as answers:
        assert answers.spent("free").requests == 1 and answers.spent("free").written == 3


def test_the_price_of_the_model_is_what_a_budget_of_money_goes_by(tmp_path):
    account = Account("mine", Budget(cost=1e-9))
    with local_server() as server:
        folder = write_endpoint(tmp_path / "m", Endpoint(server.url, "tiny", key=None, price=Price(1.0, 1.0)))
        with pytest.raises(Exception, match="The budget is spent: 0 requests .* of money"):
            answers_of(asked("m", studied(tmp_path, folder), 9, account), [conversation("a")])
    assert not server.requests


def test_a_model_that_was_not_given_is_named_and_not_missed_where_nothing_is_asked():
    model = asked("m", None, 9, FREE)
    assert answers_of(model, [None, None]) == [None, None]
    with pytest.raises(AskedWrong, match="asks the model `m`, which it was not given"):
        answers_of(model, [conversation("a")])


def test_before_the_first_row_the_key_and_the_price_must_be_there(tmp_path):
    with_key = write_endpoint(tmp_path / "a", Endpoint("https://example.org/v1", "tiny", key="TILTH_NO_SUCH_KEY"))
    with pytest.raises(Missing, match="TILTH_NO_SUCH_KEY"):
        ready(with_key, None)
    without = write_endpoint(tmp_path / "b", Endpoint("https://example.org/v1", "tiny", key=None))
    assert ready(without, Budget(requests=3)) == {"endpoint": "https://example.org/v1", "name": "tiny"}
    for folder in (without, tmp_path):
        with pytest.raises(AskedWrong, match=r"the model has no price. Write at the model `price:"):
            ready(folder, Budget(cost=1))
    assert ready(tmp_path, None) == {}
