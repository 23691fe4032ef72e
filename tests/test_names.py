"""Names: the constructor is the validation."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

import pyvalidator as pv
from pyvalidator.names import require_subject


@pytest.mark.parametrize("value", ["localhost", "gw.example", "xn--bcher-kva.example", "a" * 63 + ".b", "1.a", "A-b.C"])
def test_dns_names(value: str) -> None:
    assert str(pv.DNSName(value)) == value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "labels"),
        ("gw.example.", "final dot"),
        ("bücher.example", "A-label"),
        ("192.0.2.1", "IPAddress"),
        ("[2001:db8::1]", "IPAddress"),
        ("2001:db8::1", "IPAddress"),
        ("*.example", "labels"),
        ("a_b.example", "labels"),
        ("-a.example", "labels"),
        ("a-.example", "labels"),
        ("a..b", "labels"),
        (".a", "labels"),
        ("a" * 64, "labels"),
        (".".join(["a" * 49] * 6), "labels"),
        ("a.1", "number"),
        ("a\x00.example", "labels"),
        ("a.example\n", "labels"),
        (" a.example", "labels"),
    ],
)
def test_no_dns_names(value: str, said: str) -> None:
    with pytest.raises(pv.InvalidName, match=said) as caught:
        pv.DNSName(value)
    assert caught.value.value == value
    assert caught.value.kind == "DNS name"


def test_dns_names_have_no_case() -> None:
    assert pv.DNSName("GW.example") == pv.DNSName("gw.EXAMPLE")
    assert len({pv.DNSName("GW.example"), pv.DNSName("gw.example")}) == 1


@pytest.mark.parametrize("kind", [pv.DNSName, pv.URI, pv.EmailAddress, pv.DNSPattern, pv.IPAddress])
@pytest.mark.parametrize("value", [None, b"gw.example", 7])
def test_other_types(kind: Any, value: Any) -> None:
    with pytest.raises(TypeError):
        kind(value)


def test_ip_addresses() -> None:
    assert pv.IPAddress("192.0.2.1") == pv.IPAddress(ipaddress.ip_address("192.0.2.1"))
    assert pv.IPAddress("2001:DB8::1").encoded == ipaddress.ip_address("2001:db8::1").packed
    for bad in ("192.0.2", "192.0.2.1/24", "fe80::1%eth0", "", "gw.example", "0192.0.2.1"):
        with pytest.raises(pv.InvalidName):
            pv.IPAddress(bad)


def test_uris() -> None:
    assert pv.URI("spiffe://example.org/gw").encoded == b"spiffe://example.org/gw"
    for bad in ("", "example.org", "http:", "http://a b", "http://ü", "1http://a", "http://a\n"):
        with pytest.raises(pv.InvalidName):
            pv.URI(bad)


def test_mailboxes() -> None:
    for good in ("a@b.example", "a.b+c@b.example", '"a b"@b.example', "ä@b.example"):
        assert pv.EmailAddress(good).encoded == good.encode()
    for bad in ("", "a", "@b.example", "a@", "a..b@c", ".a@c", "a b@c", "a@[192.0.2.1]", "a@bü", "a\x85@c", "a@b."):
        with pytest.raises(pv.InvalidName):
            pv.EmailAddress(bad)


def test_patterns() -> None:
    assert str(pv.DNSPattern("*.gw.example")) == "*.gw.example"
    for bad in ("*", "*.example", "a*.gw.example", "gw.example", "*.*.example"):
        with pytest.raises(pv.InvalidName):
            pv.DNSPattern(bad)


@pytest.mark.parametrize("value", ["gw.example", None, b"x", 7, pv.DNSPattern("*.gw.example"), pv.DNSName])
def test_subjects_are_types(value: Any) -> None:
    with pytest.raises(TypeError, match="DNSName"):
        require_subject(value)


def test_names_are_frozen() -> None:
    with pytest.raises(AttributeError):
        pv.DNSName("a.example").value = "b.example"  # type: ignore[misc]
