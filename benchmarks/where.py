"""Where a check's instructions go, counted by callgrind: a figure that no busy machine changes.

    python benchmarks/where.py            # prints a table, in Markdown, of what docs/performance.md shows
    python benchmarks/where.py --check    # exit status 1 if a kind of check takes more of ours than LIMITS says

Counted is the one call into C that `Validator.check` makes. valgrind shows a processor without SHA extensions, so
libcrypto's hashing is dearer here than in life; what is ours is the same.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from setups import HOST, Chain, make_chain, make_validator

import pki
import pyvalidator as pv

ROUNDS: Final = 400

#: Instructions of one check outside of libcrypto and libc: a tenth above what was measured, so that what grows is seen.
LIMITS: Final = {"known": 9_500, "new leaf": 15_600, "cold": 19_400}

#: The one call, with what cffi does to read its arguments. (What it calls of ours may have no name of its own: the
#: compiler sees all files at once.)
CALL: Final = "_cffi_f_pvh_ask_pair*"

#: What the files are about, in the order of the table; the first that fits counts.
PARTS: Final = (
    (r"libcrypto\.so|libcrypto\.so\.\S+", "libcrypto: signatures, hashes, keys"),
    (r"host/(libcrypto|engine|stack)\.", "the checker: keys, jobs, what is known"),
    (r"host/(cache|interned|memo|hash)\.", "the cache"),
    (r"(cert|ext|name|der|der_time|algorithm|contents)\.[ch]", "reading: certificates, names, extensions, DER"),
    (r"(search|signers|edges|nodes|store|validate|verdict)\.[ch]", "the search: candidates, edges, budget, log"),
    (
        r"(path_check|profile|webpki|subject|constraints|policy_graph)\.[ch]",
        "the rules: path, profile, names",
    ),
    (r"host/|_native\.c|python", "the call: arguments read, memory lent, answer written"),
    (r"libc|string|malloc|ld-linux", "libc: memory, comparing"),
)
OURS: Final = [name for _, name in PARTS if not name.startswith("lib")]
LINE: Final = re.compile(r"^\s*([0-9,]+) \([ 0-9.]+%\)\s+(\S+)")


# --- What is counted (under valgrind)


def _known(rounds: int) -> None:
    chain = make_chain("p256")
    validator = make_validator(chain, cache=pv.Cache())
    _ask(validator, [chain.sent] * (rounds + 1))


def _new_leaf(rounds: int) -> None:
    ca = pki.root("Bench Root p256").ca("Bench CA p256")
    chains = [(ca.leaf(f"device {n}", dns=[HOST], label="device key").der, ca.der) for n in range(rounds + 1)]
    _ask(make_validator(make_chain("p256"), cache=pv.Cache()), chains)


def _cold(rounds: int) -> None:
    chain: Chain = make_chain("p256")
    _ask(make_validator(chain), [chain.sent] * (rounds + 1))


def _ask(validator: pv.Validator, chains: list[tuple[bytes, ...]]) -> None:
    subject, at = pv.DNSName(HOST), pv.Time.at(pki.NOW)
    for chain in chains:
        if validator.check(chain, subject, at).outcome is not pv.Outcome.TRUSTED:
            raise SystemExit("a chain that is good was not trusted")


KINDS: Final[dict[str, Callable[[int], None]]] = {"known": _known, "new leaf": _new_leaf, "cold": _cold}


# --- Counting


def _counted(kind: str, rounds: int, folder: Path) -> Counter[str]:
    """Instructions of these many checks, by part. The first check, which sets things up, is among them."""
    out = folder / "callgrind.out"
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", f"--toggle-collect={CALL}"]
    run = subprocess.run(
        [*command, sys.executable, __file__, "--run", kind, str(rounds)], capture_output=True, text=True
    )
    if run.returncode != 0:
        raise SystemExit(run.stderr)
    annotate = ["callgrind_annotate", "--inclusive=no", "--threshold=100", "--auto=no", str(out)]
    listed = subprocess.run(annotate, capture_output=True, text=True, check=True).stdout
    parts: Counter[str] = Counter()
    for line in listed.splitlines():
        found = LINE.match(line)
        if found and ":" in found[2]:
            parts[_part_of(line)] += int(found[1].replace(",", ""))
    return parts


def _part_of(line: str) -> str:
    return next((name for pattern, name in PARTS if re.search(pattern, line)), "libc: memory, comparing")


def measure(kind: str) -> dict[str, float]:
    """Instructions of one check, by part: of ROUNDS more checks than a few, so that the beginning is left out."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = (_counted(kind, rounds, Path(folder)) for rounds in (ROUNDS // 8, ROUNDS + ROUNDS // 8))
    return {name: (many[name] - few[name]) / ROUNDS for name in dict.fromkeys(name for _, name in PARTS)}


def _table(found: dict[str, dict[str, float]]) -> str:
    lines = [f"| instructions of one check | {' | '.join(found)} |", f"|---|{'---:|' * len(found)}"]
    for name in dict.fromkeys(name for _, name in PARTS):
        lines.append(f"| {name} | {' | '.join(f'{parts[name]:,.0f}' for parts in found.values())} |")
    ours = [f"**{_ours(parts):,.0f}**" for parts in found.values()]
    return "\n".join([*lines, f"| **ours, all together** | {' | '.join(ours)} |"])


def _ours(parts: dict[str, float]) -> float:
    return sum(parts[name] for name in OURS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with LIMITS")
    parser.add_argument("--run", nargs=2, metavar=("KIND", "ROUNDS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        KINDS[options.run[0]](int(options.run[1]))
        return
    if shutil.which("valgrind") is None:
        raise SystemExit("valgrind is not there")
    found = {kind: measure(kind) for kind in KINDS}
    print(_table(found))
    over = [kind for kind, parts in found.items() if _ours(parts) > LIMITS[kind]]
    if options.check and over:
        raise SystemExit(f"more instructions than LIMITS says: {', '.join(over)}")


if __name__ == "__main__":
    main()
