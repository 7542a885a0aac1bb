"""What answers in a fake pod's place: the part of vLLM's HTTP API that needs no model."""

from __future__ import annotations

import itertools
import json
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_numbers = itertools.count(1)


@dataclass(frozen=True)
class StubEngine:
    """The engine of one pod.

    Attributes:
        pod: The pod's name.
        models: The names that requests may give as `model`; others are refused, as vLLM does.
    """

    pod: str
    models: tuple[str, ...]

    def text(self) -> str:
        """Return what it answers to every prompt: who it is."""
        return f"No model runs here: this is the stub engine of pod {self.pod}."


class StubEngineServer(ThreadingHTTPServer):
    """A stub engine that listens; it takes connections when its `handle_request` is called.

    Attributes:
        engine: Which one.
        gone: Whether its pod is gone: then connections that are open end without an answer.
    """

    def __init__(self, host: str, port: int, engine: StubEngine) -> None:
        super().__init__((host, port), _Connection)
        self.engine = engine
        self.gone = False


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body go out as one packet: otherwise the second waits for the client's delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer whether it is healthy, and which models it serves."""
        server = cast("StubEngineServer", self.server)
        if server.gone:
            self.close_connection = True
        elif self.path == "/health":
            self._answer(HTTPStatus.OK, {})
        elif self.path == "/v1/models":
            names = server.engine.models
            models = [{"id": name, "object": "model", "created": 0, "owned_by": "vllm"} for name in names]
            self._answer(HTTPStatus.OK, {"object": "list", "data": models})
        else:
            self._answer(HTTPStatus.NOT_FOUND, {"detail": "Not Found"})

    def do_POST(self) -> None:
        """Answer a completion, whole or in chunks."""
        server = cast("StubEngineServer", self.server)
        engine = server.engine
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        chat = self.path == "/v1/chat/completions"
        if server.gone:
            self.close_connection = True
        elif not chat and self.path != "/v1/completions":
            self._answer(HTTPStatus.NOT_FOUND, {"detail": "Not Found"})
        elif request["model"] not in engine.models:
            message = f"The model `{request['model']}` does not exist."
            error = {"message": message, "type": "NotFoundError", "param": "model", "code": HTTPStatus.NOT_FOUND}
            self._answer(HTTPStatus.NOT_FOUND, {"error": error})
        elif request.get("stream"):
            self._stream(_chunks(engine, request["model"], chat=chat))
        else:
            self._answer(HTTPStatus.OK, _completion(engine, request["model"], chat=chat))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parameter's name in the base class
        """Say nothing: the answer names the pod."""

    def _answer(self, status: HTTPStatus, document: Mapping[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, chunks: Iterator[Mapping[str, Any]]) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for text in (*map(json.dumps, chunks), "[DONE]"):
            event = f"data: {text}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
        self.wfile.write(b"0\r\n\r\n")


def _completion(engine: StubEngine, model: str, *, chat: bool) -> dict[str, Any]:
    text = engine.text()
    said = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
    tokens = len(text.split())
    usage = {"prompt_tokens": 1, "completion_tokens": tokens, "total_tokens": tokens + 1}
    return {**_head(model, chat, "chat.completion"), "choices": [_choice(said, "stop")], "usage": usage}


def _chunks(engine: StubEngine, model: str, *, chat: bool) -> Iterator[dict[str, Any]]:
    head = _head(model, chat, "chat.completion.chunk")
    for word in engine.text().split(" "):
        yield head | {"choices": [_choice({"delta": {"content": f"{word} "}} if chat else {"text": f"{word} "}, None)]}
    yield head | {"choices": [_choice({"delta": {}} if chat else {"text": ""}, "stop")]}


def _head(model: str, chat: bool, chat_object: str) -> dict[str, Any]:
    kind, prefix = (chat_object, "chatcmpl") if chat else ("text_completion", "cmpl")
    return {"id": f"{prefix}-{next(_numbers)}", "object": kind, "created": int(time.time()), "model": model}


def _choice(said: Mapping[str, Any], finish_reason: str | None) -> dict[str, Any]:
    return {"index": 0, **said, "logprobs": None, "finish_reason": finish_reason}
