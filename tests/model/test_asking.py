"""Many questions at once: each sent once, faults mended, budgets kept, and no answer lost where one fails."""

import os
import signal
import socket
import subprocess
import sys

import numpy as np
import pytest

from tilth.errors import AskedWrong, Missing, StepFailed
from tilth.fakes.server import Fault, local_server, vector
from tilth.model.answers import Account, Answer, Answers, Budget, Use
from tilth.model.asking import chats, desk, vectors
from tilth.model.endpoint import Endpoint

FREE = Account("free")


def conversations(*texts):
    return [None if text is None else [{"role": "user", "content": f"<data 1>{text}</data 1>"}] for text in texts]


def endpoint(server, **settings):
    return Endpoint(server.url, "tiny", **{"key": None, **settings})


def said(server, folder, texts, account=FREE, tokens=50, **settings):
    answers = chats(desk(endpoint(server, **settings)), folder, conversations(*texts), tokens, account)
    return [None if answer is None else answer.value for answer in answers]


def test_answers_come_in_the_order_of_the_questions_and_equal_ones_are_sent_once(tmp_path):
    with local_server() as server:
        assert said(server, tmp_path, ["a", "b", None, "a", "c"]) == ["A", "B", None, "A", "C"]
        assert len(server.requests) == 3


def test_what_was_answered_is_not_asked_again_and_needs_no_server(tmp_path):
    with local_server() as server:
        first = said(server, tmp_path, ["a", "b"])
        assert said(server, tmp_path, ["b", "c"]) == ["B", "C"] and len(server.requests) == 3
        assert server.requests[0]["body"]["temperature"] == 0
    assert said(server, tmp_path, ["a", "b"]) == first
    assert said(server, tmp_path, ["a"], key="TILTH_NO_SUCH_KEY") == ["A"], "an answer that is there needs no key"


@pytest.mark.parametrize("change", [{"name": "other"}, {"request": {"seed": 1}}])
def test_another_model_or_request_is_another_question(tmp_path, change):
    with local_server() as server:
        said(server, tmp_path, ["a"])
        chats(desk(Endpoint(server.url, **{"name": "tiny", "key": None, **change})), tmp_path, conversations("a"), 50, FREE)
        said(server, tmp_path, ["a"], tokens=51)
        assert len(server.requests) == 3


def test_at_most_so_many_requests_are_under_way(tmp_path):
    with local_server(delay=0.02) as server:
        said(server, tmp_path, [str(number) for number in range(30)], at_once=4)
    assert 1 < server.most <= 4


@pytest.mark.parametrize(
    "faults",
    [
        [Fault(429, {"Retry-After": "0"}), Fault(503, {"Retry-After": "0.01"})],
        [Fault(500)],
        [Fault(body=b"<html>")],
        [Fault(body=b'{"choices": []}')],
        [Fault(body=b'{"choices": [{"message": null}]}')],
        [Fault(cut=True)],
    ],
)
def test_a_fault_is_mended_by_asking_again(tmp_path, faults):
    with local_server(faults=faults) as server:
        assert said(server, tmp_path, ["a"]) == ["A"]
        assert len(server.requests) == len(faults) + 1


def test_a_request_that_runs_out_of_time_is_made_again_and_both_are_paid(tmp_path):
    with local_server(faults=[Fault(delay=0.6)]) as server:
        assert said(server, tmp_path, ["a"], timeout=0.2) == ["A"]
    with Answers(tmp_path) as answers:
        assert answers.spent("free").requests == 2


def test_what_is_asked_too_often_stops_and_what_was_answered_stays(tmp_path):
    faults = [Fault(500, {"Retry-After": "0"})] * 3
    with local_server() as server:
        said(server, tmp_path, ["a"])
        server.faults.extend(faults)
        with pytest.raises(StepFailed, match=r"busy or broken \(500\)"):
            said(server, tmp_path, ["a", "b"], attempts=3)
        assert len(server.requests) == 4
        assert said(server, tmp_path, ["a", "b"]) == ["A", "B"] and len(server.requests) == 5
    with Answers(tmp_path) as answers:
        assert answers.spent("free").requests == 2, "what was turned away is not paid"


def test_where_one_fails_those_under_way_are_kept(tmp_path):
    with local_server(faults=[Fault(400, delay=0.1)], delay=0.3) as server:
        with pytest.raises(AskedWrong):
            said(server, tmp_path, [str(number) for number in range(100)], at_once=4)
        sent = len(server.requests)
        assert sent <= 8
        said(server, tmp_path, [str(number) for number in range(8)], at_once=8)
        assert len(server.requests) == max(8, sent) + 1, "only what failed is asked again"


def test_a_text_that_is_refused_is_answered_by_nothing_and_not_asked_again(tmp_path):
    with local_server(faults=[Fault(400, body=b'{"error": {"code": "context_length_exceeded"}}')]) as server:
        for _ in range(2):
            (answer,) = chats(desk(endpoint(server)), tmp_path, conversations("a"), 50, FREE)
            assert answer == Answer(None, "refused")
        assert len(server.requests) == 1


def test_a_budget_of_requests_is_exact_and_a_larger_one_goes_on_from_there(tmp_path):
    texts = [str(number) for number in range(20)]
    with local_server() as server:
        with pytest.raises(StepFailed, match="The budget is spent: 7 requests"):
            said(server, tmp_path, texts, Account("mine", Budget(requests=7)), at_once=5)
        assert len(server.requests) == 7
        with pytest.raises(StepFailed):
            said(server, tmp_path, texts, Account("mine", Budget(requests=7)))
        assert said(server, tmp_path, texts, Account("mine", Budget(requests=20))) == texts
        assert len(server.requests) == 20


def test_a_budget_of_tokens_is_never_passed_and_used_to_its_end(tmp_path):
    texts = [f"word number {number}" for number in range(200)]
    account = Account("mine", Budget(tokens=1_400))
    with local_server() as server, pytest.raises(StepFailed, match="The budget is spent"):
        said(server, tmp_path, texts, account)
    with Answers(tmp_path) as answers:
        spent = answers.spent("mine")
    most_of_one = 500
    assert 1_400 - most_of_one < spent.sent + spent.written <= 1_400 and spent.requests == len(server.requests)


def test_tokens_that_are_not_told_count_as_the_most_that_there_could_be(tmp_path):
    with local_server(faults=[Fault(body=b'{"choices": [{"message": {"content": "A"}}]}')]) as server:
        assert said(server, tmp_path, ["a"]) == ["A"]
    with Answers(tmp_path) as answers:
        spent = answers.spent("free")
    assert spent.requests == 1 and spent.written == 50 and spent.sent > 256


def test_a_key_that_is_missing_stops_before_anything_is_sent(tmp_path):
    with local_server() as server, pytest.raises(Missing):
        said(server, tmp_path, ["a"], key="TILTH_NO_SUCH_KEY")
    assert not server.requests


def test_nothing_answers_where_nobody_listens(tmp_path):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{one.getsockname()[1]}/v1"
    with pytest.raises(StepFailed, match="Nothing answers at http://127.0.0.1"):
        chats(desk(Endpoint(url, "tiny", key=None)), tmp_path, conversations("a"), 5, FREE)


KILLED = """
import pathlib, sys
from tests.model.test_asking import FREE, conversations
from tilth.model.asking import chats, desk
from tilth.model.endpoint import Endpoint
chats(desk(Endpoint(sys.argv[1], "tiny", key=None, at_once=2)), pathlib.Path(sys.argv[2]), conversations(*map(str, range(12))), 50, FREE)
"""


def test_a_killed_process_has_asked_for_good(tmp_path):
    with local_server(delay=0.15) as server:
        asking = subprocess.Popen([sys.executable, "-c", KILLED, server.url, str(tmp_path)], env={**os.environ, "PYTHONPATH": "."})
        while len(server.requests) < 6:
            assert asking.poll() is None
        os.kill(asking.pid, signal.SIGKILL)
        asking.wait()
        with Answers(tmp_path) as answers:
            before, kept = len(server.requests), answers.spent("free").requests
        assert kept >= 3
        assert said(server, tmp_path, [str(number) for number in range(12)]) == [str(number) for number in range(12)]
        assert len(server.requests) == before + 12 - kept, "what was answered and kept is not asked again"


def test_vectors_come_in_the_order_of_the_texts_and_are_kept(tmp_path):
    texts = [f"text number {number % 150}" for number in range(200)]
    with local_server() as server:
        found = vectors(desk(endpoint(server)), tmp_path, texts, FREE)
        assert len(server.requests) == 3, "64 texts at once, equal ones once"
        assert np.array_equal(found, np.array([vector(text) for text in texts], np.float32))
        assert np.array_equal(vectors(desk(endpoint(server)), tmp_path, texts[::-1], FREE), found[::-1])
        assert len(server.requests) == 3
        assert vectors(desk(endpoint(server)), tmp_path, [], FREE).shape == (0, 0)
    with Answers(tmp_path) as answers:
        assert answers.spent("free") == Use(3, 150 * 3, 0)


def test_vectors_of_which_one_is_lacking_or_refused_stop(tmp_path):
    body = b'{"data": [{"index": 0, "embedding": [1.0]}]}'
    with local_server(faults=[Fault(body=body)] * 3) as server, pytest.raises(StepFailed, match="no JSON of OpenAI's protocol"):
        vectors(desk(endpoint(server)), tmp_path, ["a", "b"], FREE)
    with local_server(faults=[Fault(400, body=b'{"error": "too long"}')]) as server, pytest.raises(AskedWrong, match="one of 2 texts"):
        vectors(desk(endpoint(server)), tmp_path, ["a", "b"], FREE)
