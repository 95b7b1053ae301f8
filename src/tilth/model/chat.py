"""Models that steps ask about rows: an endpoint, or a folder that Transformers can load, asked in the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tilth.errors import AskedWrong
from tilth.model.answers import Account, Answer, Budget
from tilth.model.asking import Desk, Messages, chats, desk
from tilth.model.endpoint import read_endpoint
from tilth.model.extra import training_packages
from tilth.work import Studied

LONGEST = 3600.0
"""Seconds for which another process waits for an answer that a model in a folder is writing."""


@dataclass(frozen=True)
class Asked:
    """A model that is asked about rows. `content` identifies it; `answers`: the folder where what it said is kept;
    `tokens`: the most of an answer; `account`: who pays, by a name that stays while the question does."""

    model: str
    folder: Path | None
    content: str
    answers: Path | None
    tokens: int
    account: Account


def asked(model: str, studied: Studied | None, tokens: int, account: Account) -> Asked:
    """The model by that name, as far as it is known."""
    if studied is None:
        return Asked(model, None, "", None, tokens, account)
    return Asked(model, studied.models[model], studied.content, studied.cache, tokens, account)


def answers_of(asked: Asked, conversations: Sequence[Messages | None]) -> list[Answer | None]:
    """What the model answers to each conversation, those that were answered before included; None where there is none.

    Raises AskedWrong where nobody said which model it is, StepFailed where the budget or the endpoint's patience ends."""
    if all(messages is None for messages in conversations):
        return [None] * len(conversations)
    if asked.folder is None or asked.answers is None:
        raise AskedWrong(
            f"It asks the model `{asked.model}`, which it was not given.",
            remedy=f'In Python: `step.given(folder, models={{"{asked.model}": …}})`, with the folder of a model or one that `write_endpoint` wrote.',
        )
    endpoint = read_endpoint(asked.folder)
    if endpoint is None:
        return chats(_in_folder(asked.folder, asked.content), asked.answers, conversations, asked.tokens, asked.account)
    account = replace(asked.account, price=endpoint.price)
    return chats(desk(endpoint), asked.answers, conversations, asked.tokens, account)


def ready(folder: Path, budget: Budget | None) -> dict[str, Any]:
    """What is known of a model before the first row. Raises Missing for a key that is not there, AskedWrong for a
    budget of money where no price is known."""
    endpoint = read_endpoint(folder)
    if budget is not None and budget.cost is not None and (endpoint is None or endpoint.price is None):
        raise AskedWrong("The budget limits the cost, and the model has no price.", remedy="Write at the model `price: {input: 0.15, output: 0.6}`.")
    if endpoint is None:
        return {}
    endpoint.secret()
    return {"endpoint": endpoint.endpoint, "name": endpoint.name}


def _in_folder(folder: Path, content: str) -> Desk:
    """The model in a folder, which is loaded when the first question comes that was not answered before."""

    def send(_: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        with training_packages():
            from tilth.model.writing import answerer
        return answerer(folder).answered(body["messages"], body["max_tokens"])

    return Desk(f"model {content}, by its template", send, dict, 1, 1, LONGEST)
