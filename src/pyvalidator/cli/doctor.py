"""The command `pyvalidator doctor`: what this installation is made of, and whether it judges right."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .. import Engine, EngineUnavailable, Profile, SignatureAlgorithm, TrustStore, __version__
from ..errors import MissingDependency, printable
from ..hot_keys import layer_states
from ..policy import MAX_PATH
from ..selftest import Health, Result, run
from ..signatures import native_engine
from ._show import prepare_streams

#: What later versions of an engine can make use of, by its name in /proc/cpuinfo.
_CPU_FEATURES: Final = ("sha_ni", "bmi2", "adx", "avx2", "avx512f", "avx512ifma", "sha2", "pmull")
_PACKAGES: Final = ("cffi", "cryptography", "certifi", "publicsuffixlist", "typer", "rich")


def _cpu_features() -> list[str]:
    """Those of the list that this machine has; empty where the kernel does not say."""
    try:
        text = Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return []
    lines = [line for line in text.splitlines() if line.lower().startswith(("flags", "features"))]
    words = {word for line in lines for word in line.split()}
    return [each for each in _CPU_FEATURES if each in words]


def _libcrypto_files(maps: str = "/proc/self/maps") -> list[str]:
    """Files of a libcrypto in this process; empty where the kernel does not say. Of several, the engine has the one
    that was there first."""
    try:
        lines = Path(maps).read_text(errors="replace").splitlines()
    except OSError:
        return []
    files = (line[line.index("/") :] for line in lines if "libcrypto" in line and "/" in line)
    return list(dict.fromkeys(files))


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _num_roots(load: Callable[[], TrustStore]) -> int | None:
    try:
        return len(load())
    except (MissingDependency, OSError, ValueError):
        return None


def _engine(engine: Engine) -> dict[str, Any]:
    """An engine's account of itself, and the self-test's of it."""
    try:
        native = native_engine(engine)
    except EngineUnavailable as error:
        return {"available": False, "why": str(error), "version": "", "algorithms": {}}
    results: list[Result] = run(engine)
    return {
        "available": True,
        "why": "",
        "version": native.version or f"cryptography {_version('cryptography')}",
        "algorithms": {each.algorithm.name: {"health": each.health.value, "detail": each.detail} for each in results},
    }


def _asked_of_cryptography() -> list[str]:
    """What libcrypto lacks, and Engine.AUTO asks of cryptography."""
    try:
        lacking = native_engine(Engine.AUTO).algorithms - native_engine(Engine.LIBCRYPTO).algorithms
    except EngineUnavailable:
        return []
    return [each.name for each in SignatureAlgorithm if each in lacking]


def _hot_layers() -> dict[str, str]:
    """Of each layer of the tables of hot keys: whether it gives the known answers."""
    words = {None: "not here", False: "wrong", True: "right"}
    return {layer.name: words[state] for layer, state in layer_states().items()}


def _hot_layer_in_use(layers: dict[str, str]) -> str:
    """The fastest that is right, which Engine.AUTO takes."""
    right = [name for name, state in layers.items() if state == "right"]
    return right[-1] if right else "none"


def _gather() -> dict[str, Any]:
    engines = {each.name.lower(): _engine(each) for each in (Engine.LIBCRYPTO, Engine.CRYPTOGRAPHY)}
    healths = [each["health"] for engine in engines.values() for each in engine["algorithms"].values()]
    layers = _hot_layers()
    in_use = "libcrypto" if engines["libcrypto"]["available"] else "cryptography"
    return {
        "well": bool(healths) and Health.WRONG.value not in healths and "wrong" not in layers.values(),
        "pyvalidator": __version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{platform.system()} {platform.machine()}",
        "cpu_features": _cpu_features(),
        "packages": {each: _version(each) for each in _PACKAGES},
        "roots": {"mozilla": _num_roots(TrustStore.mozilla), "system": _num_roots(TrustStore.system)},
        "limits": {"longest path": MAX_PATH, "profiles": [each.name for each in Profile]},
        "engine_in_use": in_use,
        "asked_of_cryptography": _asked_of_cryptography(),
        "hot_key_layers": layers,
        "hot_key_layer_in_use": _hot_layer_in_use(layers) if in_use == "libcrypto" else "none",
        "libcrypto_files": _libcrypto_files(),
        "engines": engines,
    }


def _words(values: list[str]) -> str:
    return ", ".join(values) or "none"


def _facts(found: dict[str, Any]) -> list[tuple[str, str]]:
    packages = [f"{name} {version or '(not installed)'}" for name, version in found["packages"].items()]
    roots = [f"{name}: {'not to be had' if num is None else num}" for name, num in found["roots"].items()]
    layers = [f"{name}: {state}" for name, state in found["hot_key_layers"].items()]
    return [
        ("pyvalidator", found["pyvalidator"]),
        ("Python", found["python"]),
        ("machine", found["machine"]),
        ("CPU features", _words(found["cpu_features"])),
        ("packages", _words(packages)),
        ("roots", _words(roots)),
        ("longest path", str(found["limits"]["longest path"])),
        ("profiles", _words(found["limits"]["profiles"])),
        ("engine in use", found["engine_in_use"]),
        ("asked of cryptography", _words(found["asked_of_cryptography"])),
        ("hot keys", f"{found['hot_key_layer_in_use']} ({_words(layers)})"),
        ("libcrypto loaded from", _words([printable(each) for each in found["libcrypto_files"]])),
    ]


def _engine_lines(name: str, engine: dict[str, Any]) -> list[tuple[str, str]]:
    if not engine["available"]:
        return [(name, f"not available: {engine['why']}")]
    lines = [(name, engine["version"])]
    for health in Health:
        members = [each for each, told in engine["algorithms"].items() if told["health"] == health.value]
        if members:
            lines.append((f"  {health.value}", _words(members)))
    wrong = [told["detail"] for told in engine["algorithms"].values() if told["health"] == Health.WRONG.value]
    return lines + [("  what went wrong", printable(each)) for each in wrong]


def _print_text(found: dict[str, Any]) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    lines = _facts(found)
    for name, engine in found["engines"].items():
        lines += _engine_lines(name, engine)
    for label, value in lines:
        table.add_row(Text(label), Text(value))
    console = Console(soft_wrap=True)
    console.print(table)
    console.print(Text("all is well" if found["well"] else "NOT WELL: do not rely on this installation"))


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print it for programs.")] = False,
) -> None:
    """Tell what signatures are checked with, which data is at hand, and whether all of it judges right.

    The self-test makes a chain for each signature algorithm: the good one must be trusted, the spoiled one refused.
    Exit codes: 0 all is well, 1 something answered wrong.
    """
    prepare_streams()
    found = _gather()
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        _print_text(found)
    raise typer.Exit(0 if found["well"] else 1)
