"""pyvalidator doctor: all is well here, and it says so when it is not."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("typer", reason="the extra [cli] is not installed")

import pyvalidator as pv
from pyvalidator import _core, health
from pyvalidator.cli import main
from pyvalidator.signatures import SignatureResult


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["pyvalidator", "doctor", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().out

    return call


def test_well(run: Any) -> None:
    code, out = run()
    assert code == 0
    assert out.startswith("well\n")
    assert "FAIL" not in out


def test_json(run: Any) -> None:
    code, out = run("--json")
    told = json.loads(out)
    assert (code, told["good"]) == (0, True)
    assert told["limits"]["PV_MAX_PATH"] == 24
    assert told["profiles"] == ["rfc5280", "webpki", "device"]
    assert told["packages"]["cryptography"]
    assert told["packages"]["pyvalidator"] == pv.__version__
    names = [each["name"] for each in told["tests"]]
    assert "a good chain" in names
    for algorithm in pv.SignatureAlgorithm:
        assert f"cryptography: {algorithm.name}" in names
    page = (Path(__file__).parent.parent / "docs" / "cli.md").read_text()
    assert all(f"`{field}`" in page[page.index("## doctor") :] for field in told)


@pytest.mark.parametrize("answer", list(SignatureResult))
def test_an_engine_that_always_says_the_same_is_found_out(
    monkeypatch: pytest.MonkeyPatch, run: Any, answer: SignatureResult
) -> None:
    monkeypatch.setattr(_core.NativeEngine, "self_signature", lambda _self, _der: answer.value)
    code, out = run()
    assert code == 1
    assert out.startswith("NOT WELL\n")
    assert "FAIL cryptography: ECDSA_SHA256: good: " in out


def test_without_libcrypto(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says why, and works with the other engine."""

    def missing(engine: pv.Engine) -> _core.NativeEngine:
        if engine is pv.Engine.LIBCRYPTO:
            raise pv.EngineUnavailable("libcrypto", "no libcrypto was found")
        return native(engine)

    native = health.native_engine
    monkeypatch.setattr(health, "native_engine", missing)
    told = health.examine()
    assert told.good
    assert told.in_use == "cryptography"
    assert "no libcrypto was found" in told.engines[0].problem
    assert not any(each.name.startswith("libcrypto") for each in told.tests)


def test_what_linux_tells(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("flags\t\t: fpu bmi2 adx\nflags\t\t: fpu bmi2\n")
    flags = health._cpu_flags(str(tmp_path / "cpuinfo"))
    assert flags is not None
    assert (flags["bmi2"], flags["adx"], flags["sha_ni"]) == (True, False, False)
    assert health._cpu_flags(str(tmp_path / "missing")) is None
    (tmp_path / "maps").write_text(
        "7f r-xp 0 0:0 1   /lib/libcrypto.so.3\n7f r--p 0 0:0 1   /lib/libcrypto.so.3\n8 x\n"
    )
    assert health._loaded(str(tmp_path / "maps")) == ("/lib/libcrypto.so.3",)
