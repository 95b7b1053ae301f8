"""An endpoint that speaks OpenAI's protocol: asked over HTTP, and its key told to nobody else.

The protocol is that of https://platform.openai.com/docs/api-reference (`/chat/completions`, `/embeddings`), which
vLLM, llama.cpp, Ollama, SGLang and most providers speak too. A model of a recipe that is an endpoint is a folder with
`endpoint.json`: where it is and what it is called there, and the name of the variable that holds the key, never the key.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import cache
from http.client import HTTPException
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

import msgspec

from tilth.errors import AskedWrong, Missing, NotThere, StepFailed, TilthError

FILE = "endpoint.json"

PLACEHOLDER = re.compile(r"\.\.\.|…|^<.*>$|^\$\{?\w|\byour\b|your[-_]|key[-_]here|x{4,}|\*{3,}|change[-_]?me", re.IGNORECASE)
"""What people leave where a key should be. `EMPTY` and `none` are no such thing: local servers are given them."""

LARGEST = 64 << 20
"""Bytes of an answer that are read at most; what is longer is no answer to what is asked here."""

LONGEST_WAIT = 300.0
"""Seconds that an endpoint may ask to be left alone; one that asks for more is asked again in another run."""

ABOUT_THE_ROW = re.compile(r"context_length|context length|maximum context|content_filter|content management policy|too long|too many tokens", re.I)
"""What an endpoint says where it refuses one text, for its length or its content, and would take another."""

ABOUT_MONEY = re.compile(r"insufficient_quota|billing", re.IGNORECASE)


class Price(msgspec.Struct, frozen=True):
    """What a million tokens cost, in any currency: those that are sent, and those that are written."""

    input: float
    output: float


class Endpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a model is asked, and how.

    `key`: the variable that holds the key, None where there is none; `timeout` in seconds; `at_once`: requests under way
    of one process; `attempts` for one answer; `request`: fields of every request, null takes one out."""

    endpoint: str
    name: str
    key: str | None = "OPENAI_API_KEY"
    timeout: float = 120.0
    at_once: int = 8
    attempts: int = 8
    request: dict[str, Any] = {}
    price: Price | None = None

    def secret(self) -> str | None:
        """The key. Raises Missing where it is not there, or is what stands in its place in an example."""
        if self.key is None:
            return None
        value = os.environ.get(self.key, "").strip()
        if value and not PLACEHOLDER.search(value) and value.isascii() and value.isprintable() and " " not in value:
            return value
        raise Missing(
            f"The key of {self.endpoint} is wanted in the variable `{self.key}`, which {'holds a placeholder' if value else 'is not set'}.",
            remedy="Set it in the environment or in `.env` beside the recipe. Where the endpoint asks for none, write `key: null` at the model.",
        )

    def body(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The whole request: the model's name, what is asked, and what the recipe adds or takes out."""
        whole = {"model": self.name, **asked, **self.request}
        return {field: value for field, value in whole.items() if value is not None}


class Again(Exception):
    """The endpoint may answer if it is asked again.

    `after`: seconds to wait, None where it does not say; `spent`: whether this time may have been paid for;
    `error`: what to raise if it was asked often enough; `tries`: how often at most."""

    def __init__(self, error: TilthError, *, spent: bool = False, after: float | None = None, tries: int | None = None) -> None:
        super().__init__(str(error))
        self.error, self.spent, self.after, self.tries = error, spent, after, tries


class Refused(Exception):
    """The endpoint refuses this one text, for its length or its content."""


def write_endpoint(folder: Path, endpoint: Endpoint) -> Path:
    """The folder of a model that is an endpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(msgspec.json.encode(endpoint))
    return folder


def read_endpoint(folder: Path) -> Endpoint | None:
    """The endpoint of which a folder tells; None where it holds a model."""
    file = folder / FILE
    return msgspec.json.decode(file.read_bytes(), type=Endpoint) if file.is_file() else None


class _Stays(HTTPRedirectHandler):
    """Goes nowhere else: a redirect would hand the key to whoever is named."""

    def redirect_request(self, *_: Any) -> None:
        """No request."""


def is_local(url: str) -> bool:
    """Whether an address is this very machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@cache
def _opener(local: bool) -> OpenerDirector:  # noqa: FBT001 — one for each case
    """What opens addresses: by way of the environment's proxies, but for those of this machine. Made once, for it reads certificates."""
    return build_opener(_Stays, ProxyHandler({} if local else None))


def post(endpoint: Endpoint, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one request. Raises Again, Refused, or a TilthError where asking again is no use."""
    secret, url = endpoint.secret(), endpoint.endpoint.rstrip("/") + path
    headers = {"Content-Type": "application/json", "User-Agent": "tilth"} | ({"Authorization": f"Bearer {secret}"} if secret else {})
    try:
        with _opener(is_local(url)).open(Request(url, msgspec.json.encode(body), headers, method="POST"), timeout=endpoint.timeout) as reply:
            said = reply.read(LARGEST)
    except HTTPError as problem:
        with problem:
            _refuse(endpoint, problem.code, problem.headers.get("Retry-After"), _words(problem.read(1 << 16), secret))
    except (OSError, HTTPException) as problem:
        raise _unreached(endpoint, problem) from None
    try:
        return msgspec.json.decode(said, type=dict[str, Any])
    except msgspec.DecodeError:
        raise no_answer(endpoint.endpoint) from None


def no_answer(place: str) -> Again:
    """What came is no answer to what was asked."""
    found, remedy = f"{place} answers with what is no JSON of OpenAI's protocol.", "Look at the address: it ends in `/v1` for most servers."
    return Again(StepFailed(found, remedy=remedy), spent=True, tries=3)


def _unreached(endpoint: Endpoint, problem: Exception) -> Again:
    """Nobody answered: what is known of why. A request that ran out of time may have been paid for."""
    reason = problem.reason if isinstance(problem, URLError) and isinstance(problem.reason, Exception) else problem
    if isinstance(reason, TimeoutError):
        found, remedy = f"{endpoint.endpoint} did not answer within {endpoint.timeout:g} seconds.", "Give it more at the model, as `timeout: 600`."
        return Again(StepFailed(found, remedy=f"{remedy} What was answered is kept."), spent=True)
    if isinstance(reason, ConnectionRefusedError):
        found, remedy = f"Nothing answers at {endpoint.endpoint}: the connection was refused.", "Start the server, or mend the address at the model."
        return Again(StepFailed(found, remedy=f"{remedy} What was answered is kept."), tries=2)
    told = f"{type(reason).__name__}: {reason}" if str(reason) else type(reason).__name__
    cut = isinstance(reason, ConnectionError | HTTPException)
    remedy = "Look at the address at the model, and at the network. What was answered is kept."
    return Again(StepFailed(f"{endpoint.endpoint} cannot be asked ({told}).", remedy=remedy), spent=cut, tries=None if cut else 3)


def _refuse(endpoint: Endpoint, status: int, after: str | None, words: str) -> NoReturn:
    """What an answer that is none means: a key, a name, one text, or a pause."""
    where, said = endpoint.endpoint, f" It says: {words}" if words else ""
    if status in (401, 403):
        found = f"{where} refuses the key in `{endpoint.key}`." if endpoint.key else f"{where} wants a key."
        raise Missing(found + said, remedy="Look at the key, and at `key:` of the model, which names its variable.")
    if status == 404:
        raise NotThere(f"{where} has no model `{endpoint.name}`, or is no such address.{said}", remedy="Look at `endpoint` and `name` of the model.")
    if status in (400, 413, 422) and ABOUT_THE_ROW.search(words):
        raise Refused
    if status == 429 and ABOUT_MONEY.search(words):
        raise StepFailed(f"{where} has no more money of yours.{said}", remedy="Pay there, and run again: what was answered is kept.")
    if status not in (408, 409, 425, 429) and status < 500:
        moved = " It sends requests elsewhere, where the key is not sent." if 300 <= status < 400 else ""
        raise AskedWrong(
            f"{where} refuses the request ({status}).{moved}{said}",
            remedy="Its fields can be changed at the model: `request: {max_tokens: null, max_completion_tokens: 256}`.",
        )
    wait = _seconds(after)
    late = f" It wants {wait:,.0f} seconds of pause." if wait is not None and wait > LONGEST_WAIT else ""
    failed = StepFailed(f"{where} is busy or broken ({status}).{late}{said}", remedy="Run again later: what was answered is kept.")
    raise failed if late else Again(failed, after=wait)


def _seconds(said: str | None) -> float | None:
    """`Retry-After` in seconds from now: a number, or a date (RFC 9110, section 10.2.3)."""
    if not said:
        return None
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except ValueError:
        return None


def _words(body: bytes, secret: str | None) -> str:
    """What an endpoint says of an error, without the key. Only its message and code: other fields may repeat the request."""
    try:
        told = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return ""
    error = told.get("error", told) if isinstance(told, dict) else {}
    parts = [error] if isinstance(error, str) else [error.get(name) for name in ("message", "code", "detail")] if isinstance(error, dict) else []
    words = " ".join(part for part in parts if isinstance(part, str))
    shown = words.replace(secret, "***") if secret else words
    return re.sub(r"\bsk-\S+", "***", shown)[:300]
