"""Policies, budgets and times: what cannot work is refused when it is built."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

import pyvalidator as pv
from pyvalidator._native import lib
from pyvalidator.moments import from_seconds, to_seconds
from pyvalidator.purposes import encode_oid


def test_presets() -> None:
    assert pv.Policy.tls_client().purpose is pv.Purpose.CLIENT_AUTH
    assert pv.Policy.device().purpose is pv.Purpose.ANY
    assert pv.Policy.code_signing().purpose is pv.Purpose.CODE_SIGNING
    for preset in (pv.Policy.tls_client, pv.Policy.device, pv.Policy.code_signing):
        assert preset().profile is pv.Profile.DEVICE
        assert preset(max_intermediates=3).max_intermediates == 3


@pytest.mark.parametrize(
    "options",
    [
        {"min_rsa_bits": 2047},
        {"min_rsa_bits": 8193},
        {"max_intermediates": -1},
        {"max_intermediates": 23},
        {"algorithms": frozenset()},
    ],
)
def test_what_cannot_work(options: dict[str, Any]) -> None:
    with pytest.raises(pv.PolicyError):
        pv.Policy.device(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"purpose": None},
        {"purpose": "serverAuth"},
        {"profile": "device"},
        {"profile": 3},
        {"anchor_checks": None},
        {"algorithms": "RSA"},
        {"algorithms": None},
        {"algorithms": {7}},
        {"min_rsa_bits": "2048"},
        {"min_rsa_bits": True},
        {"max_intermediates": 1.0},
        {"budget": None},
        {"revocation": 0},
        {"revocation": object()},
        {"revocation": True},
        {"revocation": pv.RevocationScope.CHAIN},
        {"policies": ()},
        {"policies": False},
        {"policies": "1.2.3"},
        {"hooks": None},
        {"hooks": [print]},
        {"hooks": ("x",)},
        {"unknown": 1},
    ],
)
def test_wrong_types(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        pv.Policy.device(**options)


def test_policies_are_frozen_and_keyword_only() -> None:
    with pytest.raises(AttributeError):
        pv.Policy.device().profile = pv.Profile.RFC5280  # type: ignore[misc]
    with pytest.raises(TypeError):
        pv.Policy(pv.Purpose.ANY, pv.Profile.DEVICE)  # type: ignore[call-arg]
    assert pv.Policy.device(algorithms=[pv.SignatureAlgorithm.ED25519]).algorithms == {pv.SignatureAlgorithm.ED25519}


@pytest.mark.parametrize("limit", ["signatures", "steps", "bytes", "certificates", "der_bytes"])
def test_budgets(limit: str) -> None:
    for value in (0, -1, 1 << 32):
        with pytest.raises(pv.PolicyError, match=limit):
            pv.Budget(**{limit: value})
    wrongs: list[Any] = [None, "1", 1.0, True]
    for wrong in wrongs:
        with pytest.raises(TypeError):
            pv.Budget(**{limit: wrong})
    assert getattr(pv.Budget(**{limit: 1}), limit) == 1


def test_numbers_are_those_of_the_core() -> None:
    for purpose in pv.Purpose:
        assert purpose.value == getattr(lib, f"PV_PURPOSE_{purpose.name}")
    for profile in pv.Profile:
        assert profile.value == getattr(lib, f"PV_PROFILE_{profile.name}")
    for checks in pv.AnchorChecks:
        assert checks.value == getattr(lib, f"PV_ANCHOR_{checks.name}")
    for algorithm in pv.SignatureAlgorithm:
        assert algorithm.value == getattr(lib, f"PV_SIG_{algorithm.name}")
    for key in pv.KeyAlgorithm:
        assert key.value == getattr(lib, f"PV_KEY_{key.name}")
    for mode in pv.TimeMode:
        assert mode.value == getattr(lib, f"PV_TIME_{mode.name}")
    for outcome in pv.Outcome:
        assert outcome.value == getattr(lib, f"PV_OUTCOME_{outcome.name}")


@pytest.mark.parametrize(
    ("dotted", "encoded"), [("2.5.29.37.0", "551d2500"), ("1.3.6.1.4.1.99999", "2b06010401868d1f"), ("2.999", "8837")]
)
def test_oids(dotted: str, encoded: str) -> None:
    assert encode_oid(dotted).hex() == encoded
    assert pv.EkuOid(dotted).encoded.hex() == encoded


@pytest.mark.parametrize("dotted", ["", "1", "3.1", "1.40", "1.2.", "1..2", "1.02", "1.2.x", "1.2 ", "１.２"])
def test_no_oids(dotted: str) -> None:
    with pytest.raises(pv.PolicyError):
        pv.EkuOid(dotted)


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1970, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC), 0),
        (datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC), -1),
        (datetime(1969, 12, 31, 23, 59, 58, 999_999, tzinfo=UTC), -2),
        (datetime(2026, 6, 1, 2, tzinfo=timezone(timedelta(hours=2))), 1780272000),
    ],
)
def test_seconds_are_floored(moment: datetime, seconds: int) -> None:
    assert to_seconds(moment) == seconds
    assert pv.Time.at(moment).value == pv.Time.floor(moment).value == seconds


def test_times() -> None:
    with pytest.raises(pv.NaiveDatetime):
        pv.Time.at(datetime(2026, 6, 1))
    with pytest.raises(TypeError):
        pv.Time.at("2026-06-01")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        pv.Time(1, 0)  # type: ignore[arg-type]
    assert pv.Time.unknown().mode is pv.TimeMode.UNKNOWN
    assert pv.Time.at_issuance().mode is pv.TimeMode.AT_ISSUANCE


def test_far_moments_are_clamped() -> None:
    assert from_seconds(1 << 60).year == 9999
    assert from_seconds(-(1 << 60)).year == 1
    assert from_seconds(253402300799) == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
