"""Many questions asked at once: each sent at most once, its answer kept, and what it takes paid from a budget."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tilth.errors import AskedWrong, StepFailed
from tilth.model.answers import Account, Answer, Answers, Use
from tilth.model.endpoint import Again, Endpoint, Refused, no_answer, post

Messages = Sequence[Mapping[str, str]]
"""A conversation: `{"role": "user", "content": "…"}`, …"""

Vectors = npt.NDArray[np.float32]

BESIDES = 256
"""Tokens that a chat template may add to the bytes of a request; a token has at least one byte."""

TOGETHER = 64
"""Texts of one request for vectors."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
"""Seconds before the second attempt, and at most before a later one; each pause is about twice the one before."""


@dataclass(frozen=True)
class Question:
    """A request: where it goes, what it says, the digests of what it asks, what it may take, and how its answers are read."""

    path: str
    body: Mapping[str, Any]
    digests: tuple[str, ...]
    most: Use
    read: Callable[[Mapping[str, Any]], Sequence[Answer]]


@dataclass(frozen=True)
class Desk:
    """Where questions are answered. `identity`: what answers depend on beside the request; `seconds`: the longest that one
    attempt may take; `send`: gives the reply, in OpenAI's form. Raises what `tilth.model.endpoint.post` raises."""

    identity: str
    send: Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
    body: Callable[[Mapping[str, Any]], dict[str, Any]]
    at_once: int
    attempts: int
    seconds: float


def desk(endpoint: Endpoint) -> Desk:
    """An endpoint as a place where questions are answered."""

    def send(path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return post(endpoint, path, body)

    return Desk(endpoint.endpoint.rstrip("/"), send, endpoint.body, endpoint.at_once, endpoint.attempts, 2 * endpoint.timeout)


def digest_of(*parts: Any) -> str:
    """Forty hexadecimal digits for what was asked."""
    return blake2b(msgspec.json.encode(parts, order="sorted"), digest_size=20).hexdigest()


def chats(at: Desk, cache: Path, asked: Sequence[Messages | None], tokens: int, account: Account) -> list[Answer | None]:
    """The answer to each conversation, at temperature 0 and of at most so many tokens; None for one that is not asked."""
    questions: dict[str, Question] = {}
    digests: list[str | None] = []
    for messages in asked:
        if messages is None:
            digests.append(None)
            continue
        body = at.body({"messages": messages, "max_tokens": tokens, "temperature": 0})
        digest = digest_of(at.identity, "/chat/completions", body)
        limits = [body[name] for name in ("max_tokens", "max_completion_tokens") if isinstance(body.get(name), int)]
        most = Use(1, len(msgspec.json.encode(body)) + BESIDES, max(limits, default=tokens))
        questions[digest] = Question("/chat/completions", body, (digest,), most, _said)
        digests.append(digest)
    with Answers(cache) as answers:
        found = answers.find(list(questions))
        _each(at, answers, [one for digest, one in questions.items() if digest not in found], account)
        found |= answers.find([digest for digest in questions if digest not in found])
    return [None if digest is None else found[digest] for digest in digests]


def vectors(at: Desk, cache: Path, texts: Sequence[str], account: Account) -> Vectors:
    """A row of numbers for each text, as the endpoint gives them; equal texts are asked once."""
    digests = [digest_of(at.identity, "/embeddings", at.body({"input": text, "encoding_format": "float"})) for text in texts]
    distinct = dict(zip(digests, texts, strict=True))
    with Answers(cache) as answers:
        found = answers.find(list(distinct))
        lacking = [digest for digest in distinct if digest not in found]
        questions = []
        for begin in range(0, len(lacking), TOGETHER):
            some = lacking[begin : begin + TOGETHER]
            body = at.body({"input": [distinct[digest] for digest in some], "encoding_format": "float"})
            most = Use(1, len(msgspec.json.encode(body)) + BESIDES, 0)
            questions.append(Question("/embeddings", body, tuple(some), most, _numbers))
        _each(at, answers, questions, account)
        found |= answers.find(lacking)
    rows = [np.frombuffer(_vector(found[digest]), "<f4") for digest in digests]
    if len({len(row) for row in rows}) > 1:
        raise StepFailed(f"{at.identity} gives vectors of different lengths.", remedy="Ask one model for all of them.")
    return np.stack(rows) if rows else np.empty((0, 0), np.float32)


def _vector(answer: Answer) -> bytes:
    if not isinstance(answer.value, bytes):
        raise AskedWrong("The endpoint refuses a text for its length or its content.", remedy="Cut or drop such texts before: `filter.length`.")
    return answer.value


def _said(reply: Mapping[str, Any]) -> Sequence[Answer]:
    choice = reply["choices"][0]
    return [Answer(choice["message"].get("content"), str(choice.get("finish_reason") or "stop"))]


def _numbers(reply: Mapping[str, Any]) -> Sequence[Answer]:
    lines = sorted(reply["data"], key=lambda line: int(line["index"]))
    return [Answer(np.asarray(line["embedding"], "<f4").tobytes(), "stop") for line in lines]


def _each(at: Desk, answers: Answers, questions: Sequence[Question], account: Account) -> None:
    """Ask all of them, some at once. Where one fails, those under way are waited for, so that no answer is lost."""
    if not questions:
        return
    stop = threading.Event()
    with ThreadPoolExecutor(at.at_once, "asking") as pool:
        asked = [pool.submit(_one, at, answers, question, account, stop) for question in questions]
        try:
            for done in as_completed(asked):
                done.result()
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _one(at: Desk, answers: Answers, question: Question, account: Account, stop: threading.Event) -> None:
    """Ask until there is an answer, or too often."""
    attempt = 0
    while not stop.is_set():
        flight = answers.begin(account, question.digests[0], question.most, at.seconds, stop.is_set)
        if flight is None:
            return
        problem = _attempt(at, answers, question, flight)
        if problem is None:
            return
        attempt += 1
        if attempt >= min(at.attempts, problem.tries or at.attempts):
            raise problem.error
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1)) * random.uniform(0.75, 1.25)
        stop.wait(pause if problem.after is None else problem.after)


def _attempt(at: Desk, answers: Answers, question: Question, flight: int) -> Again | None:
    """One attempt, with its books: None where it was answered."""
    use, kept = Use(), dict[str, Answer]()
    try:
        reply = at.send(question.path, question.body)
        use = question.most
        try:
            kept = dict(zip(question.digests, question.read(reply), strict=True))
        except (LookupError, TypeError, ValueError, AttributeError):
            return no_answer(at.identity)
        use = _used(reply, question.most)
    except Refused:
        kept = dict.fromkeys(question.digests, Answer(None, "refused")) if len(question.digests) == 1 else {}
        if not kept:
            raise AskedWrong(
                f"{at.identity} refuses one of {len(question.digests)} texts for its length or its content.",
                remedy="Cut or drop such texts before: `filter.length`.",
            ) from None
    except Again as problem:
        use = question.most if problem.spent else Use()
        return problem
    finally:
        answers.finish(flight, use, kept)
    return None


def _used(reply: Mapping[str, Any], most: Use) -> Use:
    """The tokens that the reply tells; where it tells none, the most that it could take."""
    told = reply.get("usage")
    sent, written = (told.get(name) if isinstance(told, Mapping) else None for name in ("prompt_tokens", "completion_tokens"))
    return Use(1, sent if isinstance(sent, int) else most.sent, written if isinstance(written, int) else most.written)
