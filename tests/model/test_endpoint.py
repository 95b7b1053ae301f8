"""One request to an endpoint: what comes back, what every failure means, and that the key is told to nobody."""

import socket
import time
from email.utils import formatdate

import pytest

from tilth.errors import AskedWrong, Missing, NotThere, StepFailed
from tilth.fakes.server import Fault, local_server
from tilth.model.endpoint import Again, Endpoint, Price, Refused, is_local, post, read_endpoint, write_endpoint

KEY = "sk-" + "k3y" * 12


def asked(endpoint):
    return post(endpoint, "/chat/completions", endpoint.body({"messages": [{"role": "user", "content": "<data 1>a</data 1>"}], "max_tokens": 5}))


def failure(*faults, kind=Again, **settings):
    with local_server(faults=faults) as server, pytest.raises(kind) as error:
        asked(Endpoint(server.url, "tiny", **{"key": None, **settings}))
    return error.value


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("TILTH_TEST_KEY", KEY)
    return "TILTH_TEST_KEY"


def test_a_request_bears_the_key_the_name_and_what_the_recipe_adds_or_takes_out(key):
    with local_server(key=KEY) as server:
        reply = asked(Endpoint(server.url + "/", "tiny", key=key, request={"max_tokens": None, "max_completion_tokens": 7}))
    assert reply["choices"][0]["message"]["content"] == "A"
    (request,) = server.requests
    assert request["path"] == "/v1/chat/completions" and request["authorization"] == f"Bearer {KEY}"
    assert request["body"]["model"] == "tiny" and request["body"]["max_completion_tokens"] == 7 and "max_tokens" not in request["body"]


def test_without_a_key_none_is_sent():
    with local_server() as server:
        asked(Endpoint(server.url, "tiny", key=None))
    assert server.requests[0]["authorization"] is None


@pytest.mark.parametrize(
    "value", ["", "sk-...", "your-key-here", "your-api-key-here", "<key>", "sk-xxxxxxxx", "${OPENAI_API_KEY}", "abc def ghi", "schlüssel", "abc\ndef"]
)
def test_a_key_that_is_missing_or_a_placeholder_is_exit_4_before_anything_is_sent(monkeypatch, value):
    monkeypatch.setenv("TILTH_TEST_KEY", value)
    with local_server() as server, pytest.raises(Missing, match="TILTH_TEST_KEY") as error:
        asked(Endpoint(server.url, "tiny", key="TILTH_TEST_KEY"))
    assert error.value.exit_code == 4 and not server.requests
    assert not value or value not in str(error.value)
    assert ("holds a placeholder" if value else "is not set") in str(error.value) and "`.env`" in str(error.value)


@pytest.mark.parametrize("value", ["EMPTY", "ollama", "none", KEY])
def test_what_local_servers_are_given_is_a_key(monkeypatch, value):
    monkeypatch.setenv("TILTH_TEST_KEY", value)
    assert Endpoint("http://localhost/v1", "tiny", key="TILTH_TEST_KEY").secret() == value


def test_a_key_that_is_refused_is_exit_4_and_is_not_repeated_though_the_server_does(key):
    with local_server(key="another") as server, pytest.raises(Missing, match="refuses the key in `TILTH_TEST_KEY`") as error:
        asked(Endpoint(server.url, "tiny", key=key))
    assert KEY not in str(error.value) and "Incorrect API key provided: ***" in str(error.value)


def test_a_name_that_is_not_there_is_told_with_the_servers_words():
    error = failure(Fault(404, body=b'{"error": {"message": "model tiny not found"}}'), kind=NotThere)
    assert "has no model `tiny`" in str(error) and "model tiny not found" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b'{"error": {"code": "context_length_exceeded", "message": "x"}}',
        b'{"error": "this exceeds the context length"}',
        b'{"detail": "Prompt is too long"}',
    ],
)
def test_a_text_that_is_too_long_is_refused_alone(body):
    failure(Fault(400, body=body), kind=Refused)


def test_a_request_that_is_refused_for_itself_stops_and_tells_how_to_change_it():
    error = failure(Fault(400, body=b'{"error": {"message": "max_tokens is not supported", "input": "the whole row"}}'), kind=AskedWrong)
    assert "max_tokens is not supported" in str(error) and "request: {" in str(error) and "the whole row" not in str(error)


def test_a_redirect_is_not_followed_since_it_would_hand_on_the_key(key):
    with local_server() as other, local_server(faults=[Fault(302, {"Location": other.url + "/chat/completions"})]) as server:
        with pytest.raises(AskedWrong, match="sends requests elsewhere"):
            asked(Endpoint(server.url, "tiny", key=key))
    assert not other.requests


@pytest.mark.parametrize(("status", "after", "seconds"), [(429, "3", 3), (503, "0", 0), (500, None, None), (529, "soon", None), (408, None, None)])
def test_a_busy_endpoint_may_be_asked_again_after_the_pause_that_it_wants(status, after, seconds):
    again = failure(Fault(status, {} if after is None else {"Retry-After": after}))
    assert (again.after, again.spent) == (seconds, False)
    assert f"is busy or broken ({status})" in str(again.error)


def test_a_pause_may_be_a_date():
    again = failure(Fault(503, {"Retry-After": formatdate(time.time() + 60, usegmt=True)}))
    assert 50 < again.after <= 61


def test_a_pause_of_an_hour_and_an_empty_purse_end_the_run():
    assert "wants 3,600 seconds of pause" in str(failure(Fault(429, {"Retry-After": "3600"}), kind=StepFailed))
    assert "no more money" in str(failure(Fault(429, body=b'{"error": {"code": "insufficient_quota"}}'), kind=StepFailed))


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"[1]", b"", b"\xff\xfe"])
def test_an_answer_that_is_no_json_object_may_have_been_paid_for(body):
    again = failure(Fault(body=body))
    assert again.spent and again.tries == 3 and "what is no JSON of OpenAI's protocol" in str(again.error)


def test_a_request_that_runs_out_of_time_may_have_been_paid_for():
    again = failure(Fault(delay=0.5), timeout=0.05)
    assert again.spent and "did not answer within 0.05 seconds" in str(again.error) and "`timeout: 600`" in str(again.error)


def test_a_connection_that_is_cut_may_have_been_paid_for():
    again = failure(Fault(cut=True))
    assert again.spent and "cannot be asked" in str(again.error)


def test_a_refused_connection_names_the_address_and_what_to_do():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{one.getsockname()[1]}/v1"
    with pytest.raises(Again) as error:
        asked(Endpoint(url, "tiny", key=None))
    said = str(error.value.error)
    assert f"Nothing answers at {url}: the connection was refused." in said and "Start the server" in said and not error.value.spent


def test_this_machine_is_asked_without_a_proxy(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with local_server() as server:
        assert asked(Endpoint(server.url, "tiny", key=None))
    assert [is_local(url) for url in ("http://localhost:1/v1", "http://[::1]/v1", "https://api.openai.com/v1")] == [True, True, False]


def test_a_folder_tells_of_an_endpoint_and_holds_no_key(tmp_path, key):
    endpoint = Endpoint("https://api.openai.com/v1", "gpt-4o", key=key, price=Price(0.15, 0.6))
    assert read_endpoint(write_endpoint(tmp_path / "one", endpoint)) == endpoint
    assert KEY not in (tmp_path / "one" / "endpoint.json").read_text()
    assert read_endpoint(tmp_path) is None
