"""Which encoder a folder holds, and an endpoint that is one."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from tilth.errors import Missing
from tilth.fakes.encoder import tiny_encoder
from tilth.model.embedding import dimensions, encoder, parts_of
from tilth.model.endpoint import Endpoint, write_endpoint


def test_a_folder_of_model2vec_is_a_static_encoder(tmp_path):
    folder = tiny_encoder(tmp_path / "encoder", dimensions=12)
    assert encoder(folder, tmp_path).facts["kind"] == "static"
    assert dimensions(folder, tmp_path) == 12
    assert encoder(folder, tmp_path) is encoder(folder, tmp_path), "it is loaded once"


@pytest.mark.parametrize(
    ("files", "parts"),
    [
        ({"config.json": {"architectures": ["StaticModel"]}}, ["StaticEmbedding"]),
        ({"config.json": {"model_type": "bert"}}, ["Transformer", "Pooling"]),
        (
            {"modules.json": [{"type": "sentence_transformers.models.Transformer", "path": ""}, {"type": "a.b.Normalize", "path": "2"}]},
            ["Transformer", "Normalize"],
        ),
    ],
)
def test_the_parts_are_those_that_the_folder_lists(tmp_path, files, parts):
    for name, said in files.items():
        (tmp_path / name).write_text(json.dumps(said))
    assert [name for name, _ in parts_of(tmp_path)] == parts


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(Missing, match="no model that encodes texts"):
        encoder(tmp_path, tmp_path)


class Server(BaseHTTPRequestHandler):
    """Gives for each text its length and the number of its letters a."""

    asked: list[str] = []

    def do_POST(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.extend(said["input"])
        lines = [{"index": at, "embedding": [len(text), text.count("a"), 1.0]} for at, text in enumerate(said["input"])]
        body = json.dumps({"data": lines[::-1], "usage": {"prompt_tokens": 3}}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """No words."""


@pytest.fixture
def endpoint(tmp_path):
    Server.asked = []
    server = HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield write_endpoint(tmp_path / "endpoint", Endpoint(f"http://127.0.0.1:{server.server_port}/v1", "numbers", key=None))
    server.shutdown()
    server.server_close()


def test_an_endpoint_encodes_and_is_asked_once(endpoint, tmp_path):
    made = encoder(endpoint, tmp_path / "answers")
    assert made.facts["kind"] == "endpoint"
    assert dimensions(endpoint, tmp_path / "answers") == 3
    expected = np.array([[2, 1, 1], [3, 0, 1]])
    assert (made.encode(["ab", "xyz"]) == expected).all()
    assert (made.encode(["xyz", "ab"]) == expected[::-1]).all()
    assert Server.asked == ["dimensions", "ab", "xyz"]
