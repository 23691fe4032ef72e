"""`pyvalidator doctor` and the self-test behind it: what is right, what is missing, and what is wrong."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

import pyvalidator as pv
from pyvalidator import selftest
from pyvalidator.cli._app import app
from pyvalidator.signatures import CryptographyChecker, SignatureJob, SignatureResult, checker_engine, native_engine

COMMAND = import_module("pyvalidator.cli.doctor")


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["doctor", *arguments])
    return result.exit_code, result.stdout


def test_all_is_well() -> None:
    code, text = run()
    assert code == 0, text
    assert "all is well" in text
    assert "ECDSA_SHA256" in text


def test_json() -> None:
    code, text = run("--json")
    told = json.loads(text)
    assert (code, told["well"]) == (0, True)
    assert told["limits"] == {"longest path": 24, "profiles": [each.name for each in pv.Profile]}
    for engine in told["engines"].values():
        assert not engine["available"] or set(engine["algorithms"]) == {each.name for each in pv.SignatureAlgorithm}


def test_the_self_test_is_right_with_cryptography() -> None:
    found = {each.algorithm: each.health for each in selftest.run(pv.Engine.CRYPTOGRAPHY)}
    known = native_engine(pv.Engine.CRYPTOGRAPHY).algorithms
    assert found == {
        each: selftest.Health.RIGHT if each in known else selftest.Health.UNAVAILABLE for each in pv.SignatureAlgorithm
    }


def test_what_libcrypto_lacks_is_asked_of_cryptography() -> None:
    told = json.loads(run("--json")[1])
    lacking = native_engine(pv.Engine.AUTO).algorithms - native_engine(pv.Engine.LIBCRYPTO).algorithms
    assert set(told["asked_of_cryptography"]) == {each.name for each in lacking}


def test_a_cryptography_without_ml_dsa(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest, "import_module", missing)
    for each in selftest.run(pv.Engine.CRYPTOGRAPHY):
        optional = "DSA" in each.algorithm.name and "EC" not in each.algorithm.name
        assert each.health is (selftest.Health.UNAVAILABLE if optional else selftest.Health.RIGHT), each
        assert ("makes no keys" in each.detail) == optional


def missing(name: str) -> None:
    raise ImportError(name)


class Liar(CryptographyChecker):
    """Says the same of every signature."""

    def __init__(self, answer: SignatureResult) -> None:
        super().__init__()
        self.answer = answer

    def check(self, job: SignatureJob) -> SignatureResult:
        return self.answer


@pytest.mark.parametrize(
    ("answer", "health"),
    [
        (SignatureResult.GOOD, selftest.Health.WRONG),
        (SignatureResult.BAD, selftest.Health.WRONG),
        (SignatureResult.NOT_CHECKED, selftest.Health.WRONG),
        (SignatureResult.UNSUPPORTED, selftest.Health.UNAVAILABLE),
    ],
)
def test_an_engine_that_lies_is_found_out(
    monkeypatch: pytest.MonkeyPatch, answer: SignatureResult, health: selftest.Health
) -> None:
    tested = native_engine(pv.Engine.CRYPTOGRAPHY).algorithms  # nothing makes keys for the others
    lying = checker_engine(Liar(answer))
    for module in ("validator", "trust", "selftest"):
        monkeypatch.setattr(import_module(f"pyvalidator.{module}"), "native_engine", lambda _engine: lying)
    assert {each.health for each in selftest.run(pv.Engine.LIBCRYPTO) if each.algorithm in tested} == {health}
    code, text = run()
    assert code == (1 if health is selftest.Health.WRONG else 0)
    assert ("NOT WELL" in text) == (health is selftest.Health.WRONG)


def test_a_missing_engine_is_told_and_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    real = COMMAND.native_engine

    def without_libcrypto(engine: pv.Engine) -> object:
        if engine is pv.Engine.LIBCRYPTO:
            raise pv.EngineUnavailable("libcrypto", "no libcrypto was found")
        return real(engine)

    monkeypatch.setattr(COMMAND, "native_engine", without_libcrypto)
    code, text = run("--json")
    told = json.loads(text)
    assert (code, told["engine_in_use"]) == (0, "cryptography")
    assert "no libcrypto was found" in told["engines"]["libcrypto"]["why"]


def test_the_libcrypto_in_use_is_named(tmp_path: Path) -> None:
    maps = tmp_path / "maps"
    maps.write_text("7f r-xp 0 0:0 1   /lib/libcrypto.so.3\n7f r--p 0 0:0 1   /lib/libcrypto.so.3\n8 x libcrypto\n")
    assert COMMAND._libcrypto_files(str(maps)) == ["/lib/libcrypto.so.3"]
    assert COMMAND._libcrypto_files(str(tmp_path / "missing")) == []
