"""Answers are kept for good, and a budget holds whoever asks: threads, processes, and those that were killed."""

import multiprocessing
import sqlite3
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.errors import StepFailed
from tilth.model.answers import FILE, Account, Answer, Answers, Budget, Use
from tilth.model.endpoint import Price

FREE = Account("free")


def never():
    return False


def spend(answers, account, digest, most, use=None, kept=None):
    flight = answers.begin(account, digest, most, 60, never)
    assert flight is not None
    answers.finish(flight, most if use is None else use, kept or {})


def test_what_was_answered_is_found_again_by_whoever_opens_the_folder(tmp_path):
    with Answers(tmp_path / "new") as answers:
        spend(answers, FREE, "a", Use(1), kept={"a": Answer("yes", "stop"), "b": Answer(None, "refused"), "c": Answer(b"\0\1", "stop")})
    with Answers(tmp_path / "new") as answers:
        assert answers.find(["a", "b", "c", "d"]) == {"a": Answer("yes", "stop"), "b": Answer(None, "refused"), "c": Answer(b"\0\1", "stop")}


def test_the_first_answer_is_the_one_that_counts(tmp_path):
    with Answers(tmp_path) as answers:
        first, second = (answers.begin(FREE, name, Use(1), 60, never) for name in ("x", "y"))
        answers.finish(first, Use(1), {"a": Answer("first", "stop")})
        answers.finish(second, Use(1), {"a": Answer("second", "stop")})
        assert answers.find(["a"])["a"].value == "first"


def test_more_answers_are_found_than_one_statement_may_name(tmp_path):
    with Answers(tmp_path) as answers:
        spend(answers, FREE, "x", Use(1), kept={str(number): Answer("a", "stop") for number in range(1_203)})
        assert len(answers.find([str(number) for number in range(2_000)])) == 1_203


def test_nothing_is_begun_for_what_was_answered_meanwhile(tmp_path):
    with Answers(tmp_path) as answers:
        spend(answers, FREE, "a", Use(1), kept={"a": Answer("yes", "stop")})
        assert answers.begin(FREE, "a", Use(1), 60, never) is None
        assert answers.begin(FREE, "b", Use(1), 60, lambda: True) is None, "asking was stopped"


def test_what_was_used_is_paid_and_what_was_set_aside_is_given_back(tmp_path):
    with Answers(tmp_path) as answers:
        spend(answers, FREE, "a", Use(1, 1_000, 64), use=Use(1, 30, 5))
        spend(answers, FREE, "b", Use(1, 1_000, 64), use=Use())
        assert answers.spent("free") == Use(1, 30, 5) and answers.spent("other") == Use()


@pytest.mark.parametrize(
    ("budget", "times"),
    [(Budget(requests=3), 3), (Budget(tokens=250), 2), (Budget(cost=0.00035), 2), (Budget(requests=9, tokens=110), 1), (Budget(), 9)],
)
def test_a_budget_ends_before_the_request_that_would_pass_it(tmp_path, budget, times):
    account = Account("mine", budget, Price(1.0, 2.0))
    with Answers(tmp_path) as answers:
        for number in range(times):
            spend(answers, account, str(number), Use(1, 50, 50))
        if budget != Budget():
            with pytest.raises(StepFailed, match=f"The budget is spent: {times} requests with {50 * times} tokens sent") as error:
                answers.begin(account, "next", Use(1, 50, 50), 60, never)
            assert "every answer is kept" in str(error.value) and "The budget: " in str(error.value)
        spend(answers, Account("another", Budget(requests=1)), "next", Use(1, 50, 50))


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=30), st.integers(1, 200))
def test_never_more_is_spent_than_the_budget_whatever_requests_take(tmp_path_factory, uses, tokens):
    with Answers(tmp_path_factory.mktemp("answers")) as answers:
        account = Account("mine", Budget(tokens=tokens))
        for number, (most, less) in enumerate(uses):
            try:
                spend(answers, account, str(number), Use(1, most, 0), use=Use(1, max(0, most - less), 0))
            except StepFailed:
                assert answers.spent("mine").sent + most > tokens
        assert answers.spent("mine").sent <= tokens


def test_a_request_waits_for_others_that_may_leave_room(tmp_path):
    account = Account("mine", Budget(tokens=100))
    with Answers(tmp_path) as answers:
        flight = answers.begin(account, "a", Use(1, 80, 0), 60, never)
        begun: list[int | None] = []
        waiting = threading.Thread(target=lambda: begun.append(answers.begin(account, "b", Use(1, 80, 0), 60, never)))
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive() and not begun
        answers.finish(flight, Use(1, 10, 0), {})
        waiting.join()
        assert begun[0] is not None


def test_a_request_waits_for_its_twin_and_is_not_sent_again(tmp_path):
    with Answers(tmp_path) as answers, Answers(tmp_path) as others:
        flight = others.begin(FREE, "a", Use(1), 60, never)
        begun: list[int | None] = []
        waiting = threading.Thread(target=lambda: begun.append(answers.begin(FREE, "a", Use(1), 60, never)))
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
        others.finish(flight, Use(1), {"a": Answer("yes", "stop")})
        waiting.join()
        assert begun == [None]


def test_what_a_killed_process_had_under_way_counts_as_the_most_that_it_could_take(tmp_path):
    code = (
        "import os, sys, pathlib\nfrom tilth.model.answers import *\n"
        "Answers(pathlib.Path(sys.argv[1])).begin(Account('mine'), 'a', Use(1, 70, 7), 600, lambda: False)\nos.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == -9
    with Answers(tmp_path) as answers:
        assert answers.begin(Account("mine", Budget(tokens=100)), "b", Use(1, 20, 3), 60, never)
        assert answers.spent("mine") == Use(1, 70, 7)


def test_what_has_taken_too_long_is_given_up_and_its_late_answer_is_kept_and_paid_once(tmp_path):
    with Answers(tmp_path) as answers:
        late = answers.begin(FREE, "a", Use(1, 70, 0), -1, never)
        spend(answers, FREE, "b", Use(1, 1, 0))
        answers.finish(late, Use(1, 5, 0), {"a": Answer("late", "stop")})
        assert answers.spent("free") == Use(2, 71, 0) and answers.find(["a"])["a"].value == "late"


def _spend_all(folder, name):
    with Answers(folder) as answers:
        for number in range(1_000):
            try:
                spend(answers, Account("mine", Budget(requests=50)), f"{name} {number}", Use(1))
            except StepFailed:
                return number
    return 1_000


def test_a_budget_is_exact_over_processes(tmp_path):
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        counts = pool.starmap(_spend_all, [(tmp_path, name) for name in "abc"])
    assert sum(counts) == 50
    with Answers(tmp_path) as answers:
        assert answers.spent("mine") == Use(50)


def test_the_file_holds_digests_and_no_request(tmp_path):
    with Answers(tmp_path) as answers:
        spend(answers, FREE, "digest", Use(1), kept={"digest": Answer("yes", "stop")})
    with sqlite3.connect(tmp_path / FILE) as database:
        columns = {line[1] for table in ("answers", "spent", "flights") for line in database.execute(f"PRAGMA table_info({table})")}
    database.close()
    assert columns == {"digest", "value", "ended", "account", "requests", "sent", "written", "id", "owner", "until"}
