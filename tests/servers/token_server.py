"""
A token endpoint over real HTTP: what Entra and Google answer, and the introspection that Dovecot asks for.

Tokens are numbered; a test ends them, refuses them, or says that an
application is unknown, as the real ones do.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests

_PERSON = "eyJ1aWQiOiIxIiwidXRpZCI6IjIifQ"
"""{"uid":"1","utid":"2"}: whose refresh token it is."""

ENTRA = "https://login.microsoftonline.com"


class TokenServer:
    """
    Gives out tokens; use with `running`.

    Attributes:
        mailbox: Whose mail the tokens open; the user that introspection names.

        alive: Tokens that are good now.

        asked: Form fields of every request for a token, in order.

        answers: (status, body) to give in place of tokens, one for each request.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.mailbox = ""
        self.alive: set[str] = set()
        self.asked: list[dict[str, str]] = []
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.lifetime = 3600
        self.scope = ""
        """What the last device code was asked for."""

        self.pending = 0
        """How often a device code is answered with "not yet"."""

    def end_all(self) -> None:
        """Let every token end now."""
        self.alive.clear()

    def get(self, path: str, bearer: str) -> tuple[int, dict[str, Any]]:
        """Answer a GET."""
        if path.endswith("/.well-known/openid-configuration"):
            base = f"{ENTRA}/{path.split('/')[1]}"
            return 200, {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            }
        if path == "/introspect" and bearer in self.alive:
            return 200, {"active": True, "username": self.mailbox}
        # RFC 7662, 2.2: what is no good token is an answer, not an error. Dovecot takes a 401 for an outage.
        return (200, {"active": False}) if path == "/introspect" else (404, {})

    def post(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Answer a POST."""
        if path.endswith("/devicecode"):
            self.scope = form.get("scope", "")
            return 200, {
                "device_code": "device",
                "user_code": "ABCD1234",
                "verification_uri": "https://microsoft.com/devicelogin",
                "expires_in": 900,
                "interval": 1,
            }
        if form.get("device_code") and self.pending:
            self.pending -= 1
            return 400, {"error": "authorization_pending", "error_description": "AADSTS70016"}
        self.asked.append(form)
        if self.answers:
            return self.answers.pop(0)
        token = f"token-{len(self.asked)}"
        self.alive.add(token)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime}
        if "device_code" in form or "refresh_token" in form:
            answer |= {"refresh_token": "refresh", "scope": form.get("scope", self.scope), "client_info": _PERSON}
        return 200, answer


@contextmanager
def running() -> Iterator[TokenServer]:
    """Yield a token server that answers on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def _send(self, answer: tuple[int, dict[str, Any]]) -> None:
            body = json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
            self._send(server.get(self.path.split("?")[0], bearer))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            self._send(server.post(self.path, {key: values[0] for key, values in parse_qs(body).items()}))

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = TokenServer(http.server_address[1])
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join(5)


def stand_in_for_entra(server: TokenServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send what goes to Entra's https address to a token server on loopback; msal takes https authorities only."""
    original = requests.Session.request

    def request(session: requests.Session, method: str, url: str, **keys: Any) -> requests.Response:
        return original(session, method, url.replace(ENTRA, server.url), **keys)

    monkeypatch.setattr(requests.Session, "request", request)
