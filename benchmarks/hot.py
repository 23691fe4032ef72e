"""What tables of hot keys take off a P-256 signature, and off a chain, against libcrypto in the same run.

    python benchmarks/hot.py [--smoke] [--rounds N] [--write]

First the tables alone, digests ready, timed in C (hot_verify.c), for each layer that this machine has: one signature at
a time and batches; batches full of signatures that are crafted to make sums of points double. Then whole chains from
DER to verdict, distinct leaves of about a kilobyte: `check_many` of a `Packed` without a cache, under one issuer, and
under 16 with one bad signature in a hundred; and single `check`s. A raw check is libcrypto's, key set up,
timed in C (raw_verify.c). Interleaved rounds; ratios of medians, and of minima. Every answer is asserted. --write puts
the tables into RESULTS-HOT.md.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from batches import Buffer, Samples
from cffi import FFI
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from raw import RawChecks, load, version
from setups import HOST

import pki
import pyvalidator as pv
from pyvalidator.hot_keys import layer_states

CSRC: Final = Path(__file__).resolve().parent.parent / "csrc"
SOURCE: Final = Path(__file__).with_name("hot_verify.c")
FLAGS: Final = ["-std=c11", "-O3", "-fno-tree-vectorize"]  # as the package is built
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
GENERATOR_WIDTH, KEY_WIDTH = 13, 12  # what HotKeys gives the first keys
SUBJECT = pv.DNSName(HOST)
AT = pki.NOW
TRUSTED, REFUSED = pv.Outcome.TRUSTED.value, pv.Outcome.REFUSED.value
PADDING = pki.raw_extension("1.3.6.1.4.1.99999.1", b"\x04\x82\x02\x58" + bytes(600))

DECLARATIONS = """
    typedef struct pvh_p256_table pvh_p256_table;
    typedef struct pvh_p256 pvh_p256;
    typedef struct pvh_p256_check {
        const pvh_p256_table *key;
        uint8_t digest[32], r[32], s[32];
        uint8_t is_good;
    } pvh_p256_check;
    pvh_p256 *pvh_p256_new(int layer, unsigned generator_width);
    pvh_p256_table *pvh_p256_table_new(const uint8_t point[64], unsigned width);
    int64_t hot_measure(const pvh_p256 *p256, pvh_p256_check *checks, size_t num, size_t batch, int wanted);
    int64_t hot_table_ns(const uint8_t point[64], unsigned width);
"""


class Table(Samples):
    """Times by name, and the lines that are said of them."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[str] = []

    def row(self, name: str, raw: str) -> None:
        (least, middle), (raw_least, raw_middle) = self.pair(name), self.pair(raw)
        ratios = f"{raw_middle / middle:.1f} ({raw_least / least:.1f})"
        self.say(f"| {name} | {least:.2f} / {middle:.2f} | {ratios} |")

    def say(self, line: str) -> None:
        print(line, flush=True)
        self._lines.append(line)

    def text(self) -> str:
        return "\n".join(self._lines) + "\n"


# --- The tables alone


def compile_layers() -> Any:
    ffi = FFI()
    ffi.cdef(DECLARATIONS)
    sources = [str(CSRC / "host" / name) for name in ("p256.c", "p256_plain.c", "p256_adx.c", "p256_ifma.c")]
    ffi.set_source(
        "_hot_verify", SOURCE.read_text(), sources=sources, extra_compile_args=[*FLAGS, "-iquote", str(CSRC)]
    )
    with tempfile.TemporaryDirectory() as folder:
        return load("_hot_verify", ffi.compile(tmpdir=folder))


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    numbers = key.public_key().public_numbers()
    return numbers.x.to_bytes(32) + numbers.y.to_bytes(32)


def plain_signatures(key: ec.EllipticCurvePrivateKey, num: int) -> list[tuple[bytes, int, int]]:
    digests = [hashlib.sha256(b"%d" % number).digest() for number in range(num)]
    signed = [key.sign(digest, ec.ECDSA(utils.Prehashed(SHA256()))) for digest in digests]
    return [(digest, *utils.decode_dss_signature(each)) for digest, each in zip(digests, signed, strict=True)]


def crafted_signatures(key: ec.EllipticCurvePrivateKey, num: int) -> list[tuple[bytes, int, int]]:
    """Valid ones by whoever holds the key, whose last addition is of two equal points: u1 = u2 * d."""
    secret, found = key.private_numbers().private_value, []
    for number in range(num):
        u2 = int.from_bytes(hashlib.sha256(b"crafted %d" % number).digest()) % ORDER
        u1 = u2 * secret % ORDER
        r = ec.derive_private_key(2 * u1 % ORDER, ec.SECP256R1()).public_key().public_numbers().x % ORDER
        s = r * pow(u2, -1, ORDER) % ORDER
        found.append(((u1 * s % ORDER).to_bytes(32), r, s))
    return found


def make_checks(module: Any, table: Any, signatures: list[tuple[bytes, int, int]]) -> Any:
    checks = module.ffi.new("pvh_p256_check[]", len(signatures))
    for check, (digest, r, s) in zip(checks, signatures, strict=True):
        check.key, check.digest, check.r, check.s = table, digest, r.to_bytes(32), s.to_bytes(32)
    return checks


def measure_layers(samples: Table, rounds: int, num: int) -> None:
    module, key = compile_layers(), ec.generate_private_key(ec.SECP256R1())
    layers = [layer for layer, state in layer_states().items() if state]
    table = module.lib.pvh_p256_table_new(point_of(key), KEY_WIDTH)
    plain, crafted = (make_checks(module, table, make(key, num)) for make in (plain_signatures, crafted_signatures))
    made = {layer: module.lib.pvh_p256_new(layer.value, GENERATOR_WIDTH) for layer in layers}
    ca = pki.root("Hot Bench Root").ca("Hot Bench CA")
    raw = RawChecks([(ca.leaf("raw", dns=[HOST]).der, ca.der)] * 16)
    batches = (1, 8, 64, 128)
    for _ in range(rounds):
        samples.add("raw check", raw.measure(), 16)
        samples.add(f"table of a key, width {KEY_WIDTH}", module.lib.hot_table_ns(point_of(key), KEY_WIDTH), 1)
        for layer, p256 in made.items():
            for batch in batches:
                name = f"{layer.name}, {batch} at a time" if batch > 1 else f"{layer.name}, one"
                take_layer(samples, name, module, p256, plain, num, batch)
            take_layer(samples, f"{layer.name}, 128 at a time, all crafted", module, p256, crafted, num, 128)
    samples.say("| signature, digest ready | µs, min / median | raw check / it, medians (minima) |")
    samples.say("|---|---|---|")
    for layer in layers:
        for batch in batches:
            samples.row(f"{layer.name}, {batch} at a time" if batch > 1 else f"{layer.name}, one", "raw check")
        samples.row(f"{layer.name}, 128 at a time, all crafted", "raw check")
    samples.row(f"table of a key, width {KEY_WIDTH}", "raw check")


def take_layer(samples: Table, name: str, module: Any, p256: Any, checks: Any, num: int, batch: int) -> None:
    elapsed = module.lib.hot_measure(p256, checks, num, batch, 1)
    if elapsed < 0:
        raise SystemExit(f"{name}: a good signature was not accepted")
    samples.add(name, elapsed, num)


# --- Whole chains


class Fleet:
    """Distinct leaves under some issuers, as a gateway has them; one in `bad_each` has a bad signature."""

    def __init__(self, num: int, issuers: int, bad_each: int = 0) -> None:
        root = pki.root("Hot Fleet Root")
        cas = [root.ca(f"Hot Fleet CA {number}") for number in range(issuers)]
        self.store = pv.TrustStore.from_der([root.der])
        self.bad = {number for number in range(num) if bad_each and number % bad_each == bad_each - 1}
        self.chains = []
        for number in range(num):
            leaf = cas[number % issuers].leaf(
                f"device {number}", dns=[HOST], label="the device's key", extensions=[PADDING]
            )
            spoiled = leaf.der[:-3] + bytes([leaf.der[-3] ^ 1]) + leaf.der[-2:]
            self.chains.append((spoiled if number in self.bad else leaf.der, cas[number % issuers].der))
        self.packed = Buffer(self.chains).packed()

    def validator(self, hot_keys: pv.HotKeys | None) -> pv.Validator:
        engine = pv.Engine.AUTO if hot_keys else pv.Engine.LIBCRYPTO
        return pv.Validator(self.store, pv.Policy.device(), engine=engine, hot_keys=hot_keys)

    def judge(self, validator: pv.Validator) -> None:
        outcomes = bytes(validator.check_many(self.packed, AT).outcomes)
        if any(outcome != (REFUSED if number in self.bad else TRUSTED) for number, outcome in enumerate(outcomes)):
            raise SystemExit("a wrong verdict")

    def warm(self, layer: pv.HotLayer) -> pv.HotKeys:
        """With tables of all issuers."""
        hot_keys = pv.HotKeys(layer=layer)
        validator, issuers = self.validator(hot_keys), len({chain[1] for chain in self.chains})
        for _ in range(200):
            self.judge(validator)
            hot_keys.wait(seconds=20)
            if hot_keys.stats().built >= issuers:
                break
        return hot_keys


def measure_chains(samples: Table, rounds: int, num: int) -> None:
    one, sixteen = Fleet(num, 1), Fleet(num, 16, bad_each=100)
    layers = [layer for layer, state in layer_states().items() if state]
    raw = RawChecks([one.chains[0]] * 16)
    works: dict[str, tuple[Callable[[], object], int]] = {}
    libcrypto = one.validator(None)
    for layer in layers:
        hot_keys = one.warm(layer)
        warm, mixed = one.validator(hot_keys), sixteen.validator(sixteen.warm(layer))
        works[f"check_many, {layer.name}"] = (lambda warm=warm: one.judge(warm)), num
        works[f"check_many, {layer.name}, 16 issuers, 1 % bad"] = (lambda mixed=mixed: sixteen.judge(mixed)), num
        known = pv.Validator(one.store, pv.Policy.device(), cache=pv.Cache(), hot_keys=hot_keys)
        known.check(one.chains[0], SUBJECT, AT)
        fresh = iter(one.chains[1:] * rounds)
        works[f"check of a new leaf, {layer.name}"] = (
            (lambda known=known, fresh=fresh: [known.check(next(fresh), SUBJECT, AT) for _ in range(16)]),
            16,
        )
    works["check_many, libcrypto"] = (lambda: one.judge(libcrypto)), num
    for _ in range(rounds):
        samples.add("raw check of a leaf", raw.measure(), 16)
        for name, (work, pieces) in works.items():
            samples.take(name, pieces, work)
    samples.say(f"\n| chain of a leaf of {len(one.chains[0][0])} bytes | µs, min / median | raw check / it |")
    samples.say("|---|---|---|")
    for name in works:
        samples.row(name, "raw check of a leaf")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="once, a few of everything, for the answers alone")
    parser.add_argument("--rounds", type=int, default=41)
    parser.add_argument("--write", action="store_true", help="write RESULTS-HOT.md")
    options = parser.parse_args()
    rounds = 1 if options.smoke else options.rounds
    if not any(layer_states().values()):
        print("this machine has no layer of hot keys")
        return
    samples = Table()
    samples.say(f"{version()}; a raw check is one P-256 signature under a key that is set up. {rounds} rounds.\n")
    measure_layers(samples, rounds, 128 if options.smoke else 1024)
    measure_chains(samples, rounds, 256 if options.smoke else 4096)
    if options.write:
        head = "# Hot keys\n\nBy `python benchmarks/hot.py --write`; one core, interleaved rounds.\n\n"
        Path(__file__).with_name("RESULTS-HOT.md").write_text(head + samples.text(), encoding="utf-8")


if __name__ == "__main__":
    main()
