"""The local server speaks OpenAI's protocol over a real socket, and answers by the question alone."""

import json
import urllib.error
import urllib.request

import pytest

from tilth.fakes.server import Fault, local_server, vector


def ask(url, body, key=None, timeout=10):
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers), timeout=timeout) as reply:
        return json.loads(reply.read())


def messages(*contents):
    return [{"role": role, "content": content} for role, content in zip(("system", "user"), contents, strict=True)]


def test_data_come_back_in_upper_case_and_a_score_grows_with_their_words():
    with local_server() as server:
        said = [
            ask(server.url + "/chat/completions", {"messages": messages(system, f"What? <data 1f>{text}</data 1f>")})["choices"][0]["message"][
                "content"
            ]
            for system, text in (("Louder.", "a b"), ('Give {"score": n}.', "a b"), ('Give {"score": n}.', "a b c d e f"))
        ]
    assert said == ["A B", '{"score": 2}', '{"score": 4}']
    assert server.contents()[0] == "What? <data 1f>a b</data 1f>"


def test_an_answer_is_cut_at_the_tokens_that_are_wanted():
    with local_server() as server:
        told = ask(server.url + "/chat/completions", {"messages": messages("", "<data 1>a b c</data 1>"), "max_tokens": 2})
    assert told["choices"][0]["message"]["content"] == "A B" and told["choices"][0]["finish_reason"] == "length"
    assert told["usage"]["completion_tokens"] == 2


def test_texts_that_share_words_have_vectors_that_are_near():
    with local_server() as server:
        told = ask(server.url + "/embeddings", {"input": ["the cat sat", "the cat stood", "prices rose again"]})
    first, second, third = (line["embedding"] for line in told["data"])
    assert first == vector("the cat sat")
    assert (
        sum(a * b for a, b in zip(first, second, strict=True)) == pytest.approx(2 / 3) and sum(a * b for a, b in zip(first, third, strict=True)) < 0.5
    )


def test_faults_come_in_their_order_and_then_answers():
    with local_server(faults=[Fault(status=429, headers={"Retry-After": "7"}), Fault(body=b"no json")]) as server:
        with pytest.raises(urllib.error.HTTPError) as busy:
            ask(server.url + "/embeddings", {"input": "a"})
        assert busy.value.code == 429 and busy.value.headers["Retry-After"] == "7"
        busy.value.close()
        with pytest.raises(json.JSONDecodeError):
            ask(server.url + "/embeddings", {"input": "a"})
        assert len(ask(server.url + "/embeddings", {"input": "a"})["data"]) == 1


def test_a_server_that_wants_a_key_takes_no_other():
    with local_server(key="right") as server:
        with pytest.raises(urllib.error.HTTPError) as refused:
            ask(server.url + "/embeddings", {"input": "a"}, key="wrong")
        assert refused.value.code == 401
        refused.value.close()
        assert ask(server.url + "/embeddings", {"input": "a"}, key="right")["object"] == "list"
