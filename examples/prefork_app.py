"""A WSGI application for servers that fork: it judges the chain that is posted to it.

    ROOTS=examples/pki/roots.pem gunicorn --preload --workers 4 --chdir examples prefork_app:application
    curl --data-binary @examples/pki/server.pem 'http://127.0.0.1:8000/?dns=gw.fleet.example'

Store, cache and validator are made once, before the server forks: the children share the parent's memory for the roots
and their keys. What the cache holds is not taken over: each child starts with an empty one and fills its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import parse_qs

import pyvalidator as pv

#: More than any chain that a peer should send.
MAX_BODY: Final = 1 << 18

CACHE: Final = pv.Cache()
VALIDATOR: Final = pv.Validator(pv.TrustStore.from_pem(os.environ["ROOTS"]), pv.Policy.device(), cache=CACHE)


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """POST a chain as PEM, the leaf first; `?dns=` says whom it must name."""
    known = CACHE.stats().edges
    try:
        verdict = VALIDATOR.check(_chain(environ), _subject(environ))
    except (pv.InvalidName, pv.PemError, pv.EmptyChain, ValueError) as error:
        return _answer(start_response, "400 Bad Request", {"error": str(error)})
    trusted = verdict.outcome is pv.Outcome.TRUSTED
    told = {"outcome": verdict.outcome.name, "reason": verdict.reason.name, "process": os.getpid(), "known": known}
    return _answer(start_response, "200 OK" if trusted else "403 Forbidden", told)


def _chain(environ: dict[str, Any]) -> bytes:
    size = int(environ.get("CONTENT_LENGTH") or 0)
    if size > MAX_BODY:
        raise ValueError(f"a chain has at most {MAX_BODY} bytes")
    body: bytes = environ["wsgi.input"].read(size)
    return body


def _subject(environ: dict[str, Any]) -> pv.DNSName:
    asked = parse_qs(environ.get("QUERY_STRING", "")).get("dns", [])
    if len(asked) != 1:
        raise ValueError("say whom the chain must name: ?dns=gw.example")
    return pv.DNSName(asked[0])


def _answer(start_response: Callable[..., object], status: str, told: dict[str, object]) -> Iterable[bytes]:
    body = json.dumps(told).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


# The service's own chain, if it is named, must be good: a server that fails at its start is seen at once.
if own := os.environ.get("OWN_CHAIN"):
    with open(own, "rb") as file:  # noqa: PTH123 (as short as can be)
        VALIDATOR.verify(file.read(), pv.AnySubject())
