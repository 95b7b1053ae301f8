"""A local server that speaks OpenAI's protocol over a real socket, with answers that depend on the question alone.

    with local_server() as server:
        …  # {endpoint: server.url, name: tiny, key: null}

To a question for a score it answers `{"score": n}`, where n grows with the number of words of the data; to any other it
gives the data back in upper case. A vector counts the words of its text, so texts that share words are near each other.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WIDTH = 64
"""Numbers of a vector."""

DATA = re.compile(r"<data (\w+)>(.*?)</data \1>", re.DOTALL)

Reply = Callable[[Sequence[Mapping[str, str]]], str]
"""What is said to a conversation."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong with one request: an error's status, a header, a body that is no answer, a delay in
    seconds, or a connection that is cut."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay: float = 0.0
    cut: bool = False


@dataclass
class Server:
    """A server that runs: its address for a recipe, what it was asked, and what goes wrong next.

    `key`: the key that it wants; None: it takes anybody. `most`: the most requests that were under way at once."""

    url: str
    reply: Reply
    key: str | None = None
    faults: list[Fault] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    delay: float = 0.0
    most: int = 0
    under_way: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def contents(self) -> list[str]:
        """The last message of each conversation that it was asked."""
        return [request["body"]["messages"][-1]["content"] for request in self.requests if "messages" in request["body"]]


def plain_reply(messages: Sequence[Mapping[str, str]]) -> str:
    """The answer described above."""
    data = " ".join(match[2] for match in DATA.finditer(messages[-1]["content"]))
    if any('"score"' in message["content"] for message in messages if message["role"] == "system"):
        return json.dumps({"score": 1 + min(4, len(data.split()) // 2)})
    return data.upper()


def vector(text: str) -> list[float]:
    """How often each word occurs, in as many places as there are numbers; of length 1, or all 0 for a text without words."""
    numbers = [0.0] * WIDTH
    for word in text.lower().split():
        numbers[int.from_bytes(blake2b(word.encode(), digest_size=2).digest(), "big") % WIDTH] += 1.0
    length = sum(number * number for number in numbers) ** 0.5 or 1.0
    return [number / length for number in numbers]


@contextmanager
def local_server(reply: Reply = plain_reply, faults: Sequence[Fault] = (), key: str | None = None, delay: float = 0.0) -> Iterator[Server]:
    """A server on a free port of this machine, until the block ends."""
    sockets = _Sockets(("127.0.0.1", 0), _Handler)
    server = Server(f"http://127.0.0.1:{sockets.server_address[1]}/v1", reply, key, list(faults), delay=delay)
    sockets.tilth = server
    thread = threading.Thread(target=sockets.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        sockets.shutdown()
        thread.join()
        sockets.server_close()


class _Sockets(ThreadingHTTPServer):
    """The listening socket."""

    request_queue_size = 256  # with the usual 5, connections that come at once are dropped, and try again after a second
    tilth: Server


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 — the name that its parent gives it
        """Nothing is written to the screen."""

    def do_POST(self) -> None:
        """Take the next fault, if there is one, or answer."""
        assert isinstance(self.server, _Sockets)
        server = self.server.tilth
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with server.lock:
            server.requests.append({"path": self.path, "body": body, "authorization": self.headers.get("Authorization")})
            fault = server.faults.pop(0) if server.faults else Fault()
            server.under_way += 1
            server.most = max(server.most, server.under_way)
        time.sleep(fault.delay or server.delay)
        with server.lock:
            server.under_way -= 1  # before the answer goes out: whoever has it may send the next one at once
        self._answer(server, fault, body)

    def _answer(self, server: Server, fault: Fault, body: Mapping[str, Any]) -> None:
        if fault.cut:
            self.close_connection = True
            return
        if server.key is not None and self.headers.get("Authorization") != f"Bearer {server.key}":
            given = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            self._send(401, {}, json.dumps({"error": {"message": f"Incorrect API key provided: {given}"}}).encode())
        elif fault.status != 200 or fault.body is not None:
            self._send(fault.status, fault.headers, fault.body or b"")
        elif self.path.endswith("/chat/completions"):
            self._send(200, {}, json.dumps(_completion(server, body)).encode())
        elif self.path.endswith("/embeddings"):
            self._send(200, {}, json.dumps(_embeddings(body)).encode())
        else:
            self._send(404, {}, b"{}")

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        try:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True  # whoever asked did not wait


def _completion(server: Server, body: Mapping[str, Any]) -> dict[str, Any]:
    """The reply, cut to the tokens that are wanted; a word is a token here."""
    words, most = server.reply(body["messages"]).split(" "), int(body.get("max_tokens") or body.get("max_completion_tokens") or 1_000)
    said, sent = " ".join(words[:most]), sum(len(message["content"].split()) for message in body["messages"])
    choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "length" if len(words) > most else "stop"}
    return {"object": "chat.completion", "choices": [choice], "usage": {"prompt_tokens": sent, "completion_tokens": min(len(words), most)}}


def _embeddings(body: Mapping[str, Any]) -> dict[str, Any]:
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    data = [{"object": "embedding", "index": number, "embedding": vector(text)} for number, text in enumerate(texts)]
    return {"object": "list", "data": data, "usage": {"prompt_tokens": sum(len(text.split()) for text in texts)}}
