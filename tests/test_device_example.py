"""What the example for devices is run by: examples/device/run.py tells any difference, and make_tables.py names what it
judges. The images themselves are built and run by `make -C examples/device check`."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOP = Path(__file__).parent.parent
DEVICE = TOP / "examples" / "device"
GOOD = "a: TRUSTED\n# 12 bytes\nb: REFUSED LOOP\nlast\ndone\n"


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def run(folder: Path, printed: str, *, status: int = 0, wait: float = 0, stream: str = "stdout") -> tuple[int, str]:
    """run.py on a program that prints this, ends with this status, and takes its time."""
    (folder / "expected.txt").write_text("a: TRUSTED\nb: REFUSED LOOP|NO_ISSUER\n", encoding="ascii")
    program = (
        f"import sys, time; sys.{stream}.write({printed!r}); sys.stdout.flush(); time.sleep({wait}); sys.exit({status})"
    )
    command = [sys.executable, str(DEVICE / "run.py"), str(folder / "expected.txt"), "last", "5"]
    if wait:
        command[-1] = "1"
    done = subprocess.run([*command, sys.executable, "-c", program], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_what_is_expected(tmp_path: Path, stream: str) -> None:
    status, told = run(tmp_path, GOOD, stream=stream)
    assert (status, told.splitlines()[-1]) == (0, "2 verdicts, all as expected")
    assert run(tmp_path, GOOD.replace("LOOP", "NO_ISSUER"), stream=stream)[0] == 0


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        (GOOD.replace("a: TRUSTED", "a: REFUSED LOOP"), "expected: 'a: TRUSTED'"),
        (GOOD.replace("LOOP", "EXPIRED"), "'b: REFUSED EXPIRED'"),
        (GOOD.replace("LOOP", "LOOP|NO_ISSUER"), "'b: REFUSED LOOP|NO_ISSUER'"),
        (GOOD.replace("b: REFUSED LOOP\n", ""), "3 lines were printed, 4 expected"),
        (GOOD + "more\n", "5 lines were printed, 4 expected"),
        (GOOD.replace("last", "FAULT"), "'FAULT'"),
        (GOOD.removesuffix("done\n"), "3 lines were printed, 4 expected"),
        ("", "0 lines were printed"),
    ],
)
def test_any_difference_is_told(tmp_path: Path, printed: str, told: str) -> None:
    status, said = run(tmp_path, printed)
    assert status == 1
    assert told in said


def test_a_bad_end_is_told(tmp_path: Path) -> None:
    status, told = run(tmp_path, GOOD, status=2)
    assert (status, told.splitlines()[-1]) == (1, "exit status: 2")
    status, told = run(tmp_path, GOOD, wait=30)
    assert status == 1
    assert "did not end within 1.0 s" in told


@pytest.mark.parametrize("script", ["examples/device/make_tables.py", "tests/device_scenarios.py"])
def test_tables(tmp_path: Path, script: str) -> None:
    """As many verdicts as cases, each by another name; every store that a case needs is there."""
    subprocess.run([sys.executable, TOP / script, tmp_path, "--p256-only"], check=True)
    lines = (tmp_path / "expected.txt").read_text(encoding="ascii").splitlines()
    source = (tmp_path / "cases.c").read_text(encoding="ascii")
    assert f"num_device_cases = {len(lines)};" in source
    assert len({line.rpartition(":")[0] for line in lines}) == len(lines) > 20
    included = [line.split('"')[1] for line in source.splitlines() if line.startswith("#include")]
    assert {*included} == {"cases.h"} | {path.name for path in tmp_path.glob("roots_*.h")}


def test_scenarios_are_all_there(tmp_path: Path) -> None:
    import test_scenarios as scenarios

    subprocess.run([sys.executable, TOP / "tests" / "device_scenarios.py", tmp_path], check=True)
    names = [line.partition(":")[0] for line in (tmp_path / "expected.txt").read_text(encoding="ascii").splitlines()]
    assert {row.id for row in scenarios.SCENARIOS} <= set(names)


def test_the_bit_that_is_flipped() -> None:
    tables = load(DEVICE / "make_tables.py")
    honest = tables.read("device")
    forged = tables.flipped(honest)
    assert forged[1:] == honest[1:]
    assert forged[0][:-1] == honest[0][:-1]
    assert forged[0][-1] ^ honest[0][-1] == 1
