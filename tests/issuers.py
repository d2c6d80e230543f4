"""An issuer of tokens: a real HTTP server in this process, with a JWK Set, introspection, and keys to sign with."""

from __future__ import annotations

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from skrytka.settings import OAuth

AUDIENCE, CLIENT, SECRET = "skrytka", "mail server", "s3cret/+"


class Issuer:
    """``answers`` are bodies by path, ``asked`` the paths that were asked for, ``active`` what introspection knows."""

    def __init__(self, rsa_key: rsa.RSAPrivateKey | None = None) -> None:
        self.keys: dict[str, Any] = {
            "ec": ec.generate_private_key(ec.SECP256R1()),
            "rsa": rsa_key or rsa.generate_private_key(65_537, 2_048),
            "ed": ed25519.Ed25519PrivateKey.generate(),
        }
        self.asked: list[str] = []
        self.active: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, bytes] = {}
        self.status = 200
        self.pause_s = 0.0
        self.publish("ec", "rsa", "ed")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def publish(self, *names: str) -> None:
        """The keys of the JWK Set, behind what must be passed over: one to encrypt with, one without a type, a secret one."""
        odd = [{"kty": "RSA", "use": "enc", "kid": "rsa"}, {"kid": "ec"}, {"kty": "oct", "k": "c2VjcmV0", "kid": "oct"}]
        keys = [{**self._jwk(name), "kid": name} for name in names]
        self.answers["/jwks"] = json.dumps({"keys": [*odd, *keys]}).encode()

    def _jwk(self, name: str) -> dict[str, Any]:
        """That of RSA tells its private half, too."""
        match self.keys[name]:
            case rsa.RSAPrivateKey() as key:
                return dict(RSAAlgorithm.to_jwk(key, as_dict=True))
            case ec.EllipticCurvePrivateKey() as key:
                return dict(ECAlgorithm.to_jwk(key.public_key(), as_dict=True))
            case key:
                return dict(OKPAlgorithm.to_jwk(key.public_key(), as_dict=True))

    def token(self, key: str = "ec", algorithm: str = "ES256", **claims: Any) -> str:
        """A good one for ann, but for what is given; None leaves a claim out."""
        now = int(time.time())
        good = {
            "iss": self.url,
            "aud": AUDIENCE,
            "exp": now + 86_400,
            "iat": now,
            "email": "ann@example.org",
            "scope": "openid mail",
        }
        held = {name: value for name, value in (good | claims).items() if value is not None}
        return jwt.encode(held, self.keys[key], algorithm, headers={"kid": key})

    def by_keys(self, **more: Any) -> OAuth:
        return OAuth(jwks_url=f"{self.url}/jwks", issuer=self.url, audience=AUDIENCE, **more)

    def by_introspection(self, **more: Any) -> OAuth:
        return OAuth(introspection_url=f"{self.url}/introspect", client_id=CLIENT, client_secret=SECRET, **more)

    def _handler(issuer) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(issuer.answers.get(self.path, b""))

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                if self.headers["Authorization"] != basic("mail+server", "s3cret%2F%2B"):
                    self.send_error(401)
                    return
                told = issuer.active.get(form["token"][0])
                body = json.dumps({"active": told is not None, **(told or {})}).encode()
                self._answer(issuer.answers.get(self.path, body))

            def _answer(self, body: bytes) -> None:
                issuer.asked.append(self.path)
                time.sleep(issuer.pause_s)
                self.send_response(issuer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def oauthbearer(token: str, name: str = "", more: str = "host=mail.example.org\x01port=143\x01") -> bytes:
    """As a client sends it (RFC 7628 section 3.1)."""
    acting = f"a={name}" if name else ""
    return f"n,{acting},\x01{more}auth=Bearer {token}\x01\x01".encode()


def xoauth2(token: str, name: str) -> bytes:
    return f"user={name}\x01auth=Bearer {token}\x01\x01".encode()


def names(issuer: Issuer) -> dict[str, str]:
    """Whole responses for transcripts, in base64."""
    ann, expired = issuer.token(), issuer.token(exp=int(time.time()) - 3_600)
    responses = {
        "bearer": oauthbearer(ann),
        "bearerann": oauthbearer(ann, "ann@example.org"),
        "beareralias": oauthbearer(ann, "alias@example.org", ""),
        "bearerbob": oauthbearer(ann, "bob@example.org"),
        "bearerexpired": oauthbearer(expired),
        "bearernobody": oauthbearer(issuer.token(email="nobody@example.org")),
        "bearersue": oauthbearer(issuer.token(email="sue@example.org")),
        "bearerbound": oauthbearer(ann).replace(b"n,,", b"p=tls-exporter,,"),
        "xoauth": xoauth2(ann, "ann@example.org"),
        "xoauthlong": xoauth2(issuer.token(groups=["group"] * 640), "ann@example.org"),
        "xoauthbob": xoauth2(ann, "bob@example.org"),
        "xoauthexpired": xoauth2(expired, "ann@example.org"),
    }
    return {name: base64.b64encode(response).decode() for name, response in responses.items()}
