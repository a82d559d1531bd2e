"""A client of yaml-language-server: the real one, from npm, over its protocol.

`package-lock.json` pins it; a folder of `build/`, named for the pins, keeps it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parent.parent.parent
PINS = [Path(__file__).parent / name for name in ("package.json", "package-lock.json")]
FOLDER = ROOT / "build" / f"editor-{sha256(PINS[1].read_bytes()).hexdigest()[:12]}"
SERVER = FOLDER / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
PATIENCE = 60.0
"""Seconds for one answer: the first waits for Node to start."""


def install() -> None:
    """Installs the pinned server, unless it is there; whole or not at all, for two at a time."""
    if SERVER.exists():
        return
    npm = shutil.which("npm")
    assert npm is not None, "the language server needs Node.js and npm"
    FOLDER.parent.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=FOLDER.parent) as temporary:
        fresh = Path(temporary) / FOLDER.name
        fresh.mkdir()
        for pin in PINS:
            shutil.copy(pin, fresh)
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=fresh, check=True)
        if not FOLDER.exists():
            fresh.rename(FOLDER)


class LanguageServer:
    """A running server. A text is opened as a file beside those of `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened = 0
        self._asked = 0
        self._diagnostics: dict[str, list[dict[str, Any]]] = {}
        self._process = subprocess.Popen(
            ["node", str(SERVER), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> LanguageServer:
        hover = {"contentFormat": ["markdown"]}
        item = {"documentationFormat": ["markdown"], "snippetSupport": True}
        abilities = {"hover": hover, "completion": {"completionItem": item}}
        self._request(
            "initialize",
            {
                "processId": None,
                "rootUri": self._folder.as_uri(),
                "capabilities": {
                    "textDocument": abilities,
                    "workspace": {"configuration": True},
                },
            },
        )
        self._send("initialized", {})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._request("shutdown", None)
        self._send("exit", None)
        self._process.communicate(timeout=PATIENCE)

    # What a person sees

    def diagnostics(self, text: str) -> list[str]:
        """The messages about `text`."""
        uri = self._open(text)
        self._read_until(lambda _: uri in self._diagnostics)
        return [each["message"] for each in self._diagnostics[uri]]

    def completions(self, text: str) -> dict[str, dict[str, Any]]:
        """What is offered where `|` stands in `text`, by its label."""
        answer = self._at_cursor("textDocument/completion", text)
        items = answer["items"] if isinstance(answer, dict) else answer or []
        return {item["label"]: item for item in items}

    def hover(self, text: str) -> str:
        """What is shown over the character after `|`."""
        answer = self._at_cursor("textDocument/hover", text)
        return str(answer["contents"]["value"]) if answer else ""

    # The protocol

    def _at_cursor(self, method: str, text: str) -> Any:
        before, _, after = text.partition("|")
        line, column = before.count("\n"), len(before) - before.rfind("\n") - 1
        document = {"uri": self._open(before + after)}
        position = {"line": line, "character": column}
        return self._request(method, {"textDocument": document, "position": position})

    def _open(self, text: str) -> str:
        self._opened += 1
        uri = (self._folder / f"opened{self._opened}.yaml").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._send("textDocument/didOpen", {"textDocument": document})
        return uri

    def _request(self, method: str, parameters: Any) -> Any:
        self._asked += 1
        number = self._asked
        self._send(method, parameters, id=number)
        return self._read_until(lambda message: message.get("id") == number)["result"]

    def _read_until(self, is_wanted: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            message = self._read()
            method = message.get("method")
            if method == "textDocument/publishDiagnostics":
                self._diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
            elif method is not None and "id" in message:
                self._send_message({"id": message["id"], "result": self._answer(message)})
            if is_wanted(message if method is None else {}):
                return message
        raise TimeoutError("the language server did not answer")

    @staticmethod
    def _answer(message: Mapping[str, Any]) -> Any:
        """An answer to the server's own questions: nothing is configured."""
        if message["method"] != "workspace/configuration":
            return None
        return [None for _ in message["params"]["items"]]

    def _send(self, method: str, parameters: Any, **more: Any) -> None:
        self._send_message({"method": method, "params": parameters, **more})

    def _send_message(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, number = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(number)
        assert length, "the language server ended"
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        return message
