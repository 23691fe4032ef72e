"""Laws of service identity (RFC 9525 6.3, RFC 5280 7): case, wildcards, A-labels, addresses, mailboxes, URIs."""

from __future__ import annotations

import ipaddress

import pytest
from cryptography import x509
from hypothesis import assume, given
from hypothesis import strategies as st

import pki
import pyvalidator as pv
import test_property_chains  # noqa: F401  (registers the hypothesis profiles)
from conftest import make_hierarchy

GOOD = make_hierarchy("Names")
VALIDATOR = pv.Validator(pv.TrustStore.from_der([GOOD.root.der]), pv.Policy.device())

LETTERS = "abcxyzABCXYZ019"
labels = st.one_of(
    st.text(LETTERS, min_size=1, max_size=5),
    st.builds(
        lambda head, tail: f"{head}-{tail}",
        st.text(LETTERS, min_size=1, max_size=3),
        st.text(LETTERS, min_size=1, max_size=3),
    ),
    st.sampled_from(["xn--bcher-kva", "xn--fiqs8s", "a" * 63]),
)
top_labels = st.sampled_from(["example", "test", "EXAMPLE", "xn--p1ai"])
hosts = st.builds(lambda front, top: ".".join([*front, top]), st.lists(labels, min_size=1, max_size=3), top_labels)


def names_of(*, dns: list[str], subject: pv.Subject) -> pv.Verdict:
    leaf = GOOD.ca.leaf("named", dns=dns)
    return VALIDATOR.check([leaf.der, GOOD.ca.der], subject, at=pki.NOW)


def matches(presented: str, asked: str) -> bool:
    """Whether a certificate for `presented` is good for `asked`; any other answer must be about the name."""
    verdict = names_of(dns=[presented], subject=pv.DNSName(asked))
    if verdict.outcome is pv.Outcome.TRUSTED:
        return True
    assert verdict.outcome is pv.Outcome.REFUSED
    assert verdict.reason is pv.Reason.SUBJECT_MISMATCH, verdict.explain()
    return False


@given(host=hosts)
def test_a_name_is_its_own(host: str) -> None:
    assert matches(host, host)


@given(host=hosts, bits=st.integers(0, 2**40))
def test_case_is_nothing(host: str, bits: int) -> None:
    """In either of the two, in any letter."""
    mixed = "".join(c.swapcase() if bits >> n & 1 else c for n, c in enumerate(host))
    assert matches(host, mixed)
    assert matches(mixed, host)


@given(one=hosts, other=hosts)
def test_matching_is_symmetric_without_wildcards(one: str, other: str) -> None:
    assert matches(one, other) == matches(other, one) == (one.lower() == other.lower())


@given(label=labels, host=hosts)
def test_a_wildcard_is_one_label(label: str, host: str) -> None:
    """Exactly one: not none, not two, and not a part of one."""
    pattern = f"*.{host}"
    assert matches(pattern, f"{label}.{host}")
    assert not matches(pattern, host)
    assert not matches(pattern, f"{label}.{label}.{host}"[-253:].lstrip(".-"))


@given(front=labels, back=labels, host=hosts)
def test_a_wildcard_stands_alone(front: str, back: str, host: str) -> None:
    """RFC 9525 6.3: only as the whole leftmost label."""
    assume(len(front) + len(back) < 60)
    for pattern in (
        f"{front}*.{host}",
        f"*{back}.{host}",
        f"{front}*{back}.{host}",
        f"{front}.*.{host}",
        f"*.*.{host}",
    ):
        assert not matches(pattern, f"{front}{back}.{host}")
        assert not matches(pattern, f"{front}.{back}.{host}")


@given(label=labels, top=top_labels)
def test_no_wildcard_spans_a_top_level_domain(label: str, top: str) -> None:
    assert not matches(f"*.{top}", f"{label}.{top}")
    assert not matches("*", top)


@pytest.mark.parametrize(
    "asked",
    [
        "bücher.example",
        "例え.test",
        "a.example.",
        ".example",
        "*.example",
        "-a.example",
        "a_b.example",
        "",
        "a..b",
        "192.0.2.7",
        "::1",
    ],
)
def test_what_is_no_dns_name_cannot_be_asked_for(asked: str) -> None:
    with pytest.raises(pv.InvalidName):
        pv.DNSName(asked)


def test_u_labels_in_a_certificate_match_nothing() -> None:
    """A dNSName is an IA5String; its A-label form is what is compared."""
    assert matches("xn--bcher-kva.example", "XN--BCHER-KVA.example")
    assert not matches("buecher.example", "xn--bcher-kva.example")


@given(presented=st.ip_addresses(), asked=st.ip_addresses())
def test_addresses_are_equal_or_not(presented: ipaddress.IPv4Address, asked: ipaddress.IPv4Address) -> None:
    leaf = GOOD.ca.leaf("address", ip=[str(presented)])
    for wanted in (presented, asked):
        verdict = VALIDATOR.check([leaf.der, GOOD.ca.der], pv.IPAddress(wanted), at=pki.NOW)
        assert (verdict.outcome is pv.Outcome.TRUSTED) == (wanted == presented)


def test_an_address_is_no_name_and_no_mapped_address() -> None:
    """An address in a dNSName is no address, and ::ffff:192.0.2.7 is not 192.0.2.7."""
    as_name = GOOD.ca.leaf("address as name", dns=["192.0.2.7"])
    as_mapped = GOOD.ca.leaf("mapped", ip=["::ffff:192.0.2.7"])
    for leaf in (as_name, as_mapped):
        verdict = VALIDATOR.check([leaf.der, GOOD.ca.der], pv.IPAddress("192.0.2.7"), at=pki.NOW)
        assert verdict.outcome is pv.Outcome.REFUSED


def test_the_common_name_is_never_read() -> None:
    leaf = GOOD.ca.leaf("gw.example", ip=["192.0.2.7"])
    assert VALIDATOR.check([leaf.der, GOOD.ca.der], pv.DNSName("gw.example"), at=pki.NOW).outcome is pv.Outcome.REFUSED
    bare = GOOD.ca.leaf("gw.example")
    verdict = VALIDATOR.check([bare.der, GOOD.ca.der], pv.DNSName("gw.example"), at=pki.NOW)
    assert verdict.reason is pv.Reason.SAN_MISSING


@given(local=st.text("abcXYZ.+-_", min_size=1, max_size=8), domain=hosts, bits=st.integers(0, 2**40))
def test_mailboxes(local: str, domain: str, bits: int) -> None:
    """RFC 5280 7.5: the local part exactly, the domain without case."""
    assume(not (local.startswith(".") or local.endswith(".") or ".." in local))
    leaf = GOOD.ca.leaf("mailbox", email=[f"{local}@{domain}"])
    mixed = "".join(c.swapcase() if bits >> n & 1 else c for n, c in enumerate(domain))
    assert (
        VALIDATOR.check([leaf.der, GOOD.ca.der], pv.EmailAddress(f"{local}@{mixed}"), at=pki.NOW).outcome
        is pv.Outcome.TRUSTED
    )
    if local.swapcase() != local:
        other = pv.EmailAddress(f"{local.swapcase()}@{domain}")
        assert VALIDATOR.check([leaf.der, GOOD.ca.der], other, at=pki.NOW).outcome is pv.Outcome.REFUSED


@pytest.mark.parametrize(
    ("asked", "outcome"),
    [
        ("spiffe://example.org/gw", pv.Outcome.TRUSTED),
        ("spiffe://example.org/gw/", pv.Outcome.REFUSED),
        ("spiffe://example.org/GW", pv.Outcome.REFUSED),
        ("spiffe://example.org", pv.Outcome.REFUSED),
        ("spiffe://other.org/gw", pv.Outcome.REFUSED),
    ],
)
def test_uris_are_compared_whole(asked: str, outcome: pv.Outcome) -> None:
    leaf = GOOD.ca.leaf("uri", uri=["spiffe://example.org/gw"])
    assert VALIDATOR.check([leaf.der, GOOD.ca.der], pv.URI(asked), at=pki.NOW).outcome is outcome


@given(host=hosts, num=st.integers(0, 30), place=st.integers(0, 30))
def test_one_of_many_names_is_enough(host: str, num: int, place: int) -> None:
    others = [f"h{n}.other.invalid" for n in range(num)]
    others.insert(place, host)
    assert names_of(dns=others, subject=pv.DNSName(host)).outcome is pv.Outcome.TRUSTED


@given(host=hosts)
def test_a_name_constraint_and_its_name(host: str) -> None:
    """RFC 5280 4.2.1.10: a DNS constraint holds for itself and everything to its left, label by label."""
    permitted = pki.name_constraints(permitted=[x509.DNSName(host)])
    ca = GOOD.root.ca("Constrained", label="Names CA", extensions=[permitted])
    for name, outcome in (
        (host, pv.Outcome.TRUSTED),
        (f"a.{host}", pv.Outcome.TRUSTED),
        (f"x{host}", pv.Outcome.REFUSED),
    ):
        if len(name.split(".")[0]) > 63:
            continue
        leaf = ca.leaf("constrained", dns=[name])
        verdict = VALIDATOR.check([leaf.der, ca.der], pv.AnySubject(), at=pki.NOW)
        assert verdict.outcome is outcome, verdict.explain()
