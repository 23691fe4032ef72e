"""What this installation is made of, and whether it works: for `pyvalidator doctor` and for bug reports.

The self-test uses keys that are made when it runs and thrown away: nothing is read from or sent to anywhere.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from . import __version__, _core
from .algorithms import SignatureAlgorithm
from .errors import EngineUnavailable, MissingDependency, PyvalidatorError, printable
from .names import DNSName
from .policy import Policy, Profile
from .reasons import Reason
from .signatures import Engine, SignatureResult, native_engine
from .trust import TrustStore
from .validator import Validator
from .verdict import Outcome

_FLAGS: Final = ("avx2", "avx512ifma", "bmi2", "adx", "sha_ni")
_PACKAGES: Final = ("cffi", "cryptography", "certifi", "publicsuffixlist", "typer", "rich")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineState:
    """A signature engine: `version` and (where it can be told) `paths` of what it uses, `algorithms` it can check, and
    `problem` if it cannot be had ("": it can)."""

    name: str
    version: str = ""
    paths: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One self-test: its name, whether it came out as it must, and what came out if not."""

    name: str
    good: bool
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Everything that `examine` found. `good`: every self-test came out as it must."""

    python: str
    machine: str
    packages: dict[str, str | None]
    cpu: dict[str, bool] | None
    engines: tuple[EngineState, ...]
    in_use: str
    data: dict[str, str]
    limits: dict[str, int]
    profiles: tuple[str, ...]
    tests: tuple[Finding, ...]

    @property
    def good(self) -> bool:
        """Whether every self-test came out as it must."""
        return bool(self.tests) and all(each.good for each in self.tests)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "good": self.good,
            "python": self.python,
            "machine": self.machine,
            "packages": dict(self.packages),
            "cpu": self.cpu,
            "engine": self.in_use,
            "engines": [
                {
                    "name": each.name,
                    "version": each.version,
                    "paths": list(each.paths),
                    "algorithms": list(each.algorithms),
                    "problem": each.problem,
                }
                for each in self.engines
            ],
            "data": dict(self.data),
            "limits": dict(self.limits),
            "profiles": list(self.profiles),
            "tests": [{"name": each.name, "good": each.good, "said": each.said} for each in self.tests],
        }


def examine() -> Health:
    """Look at everything and run the self-test: about a second, most of it for making an RSA key."""
    engines = tuple(_engine_state(each) for each in (Engine.LIBCRYPTO, Engine.CRYPTOGRAPHY))
    return Health(
        python=f"{platform.python_implementation()} {platform.python_version()}",
        machine=f"{platform.system()} {platform.machine()}",
        packages={"pyvalidator": __version__, **{name: _version(name) for name in _PACKAGES}},
        cpu=_cpu_flags(),
        engines=engines,
        in_use=next((each.name for each in engines if not each.problem), ""),
        data={"certifi": _mozilla(), "publicsuffixlist": _suffixes()},
        limits=_core.build_limits(),
        profiles=tuple(each.name.lower() for each in Profile if _core.has_profile(each)),
        tests=tuple(_tests(engines)),
    )


# --- What there is


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _cpu_flags(path: str = "/proc/cpuinfo") -> dict[str, bool] | None:
    """Flags that vector code could use; None where the system does not tell (other than Linux on x86)."""
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    lines = [line.partition(":")[2].split() for line in text.splitlines() if line.startswith("flags")]
    return {flag: all(flag in line for line in lines) for flag in _FLAGS} if lines else None


def _engine_state(engine: Engine) -> EngineState:
    try:
        native = native_engine(engine)
    except EngineUnavailable as error:
        return EngineState(name=engine.value, problem=printable(str(error)))
    known = {each.value: each.name for each in SignatureAlgorithm}
    names = tuple(known[number] for number in sorted(native.algorithms) if number in known)
    if engine is Engine.LIBCRYPTO:
        return EngineState(name=engine.value, version=native.version, paths=_loaded(), algorithms=names)
    return EngineState(name=engine.value, version=f"cryptography {_version('cryptography')}", algorithms=names)


def _loaded(path: str = "/proc/self/maps") -> tuple[str, ...]:
    """Files of a libcrypto in this process (Linux alone tells). If there are several, the engine took the first that
    was loaded."""
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    files = (line[line.index("/") :] for line in text.splitlines() if "libcrypto" in line and "/" in line)
    return tuple(dict.fromkeys(printable(each) for each in files))


def _mozilla() -> str:
    try:
        return f"{len(TrustStore.mozilla())} roots"
    except MissingDependency:
        return "not installed: TrustStore.mozilla() and --mozilla are not available"
    except (PyvalidatorError, OSError) as error:
        return f"cannot be used: {printable(str(error))}"


def _suffixes() -> str:
    if _version("publicsuffixlist") is None:
        return "not installed: WEBPKI refuses every wildcard"
    return "installed: WEBPKI judges wildcards"


# --- Self-test: vectors


_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
_HASHES: Final[dict[str, hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}
_CURVES: Final[dict[str, Callable[[], ec.EllipticCurve]]] = {
    "SHA256": ec.SECP256R1,
    "SHA384": ec.SECP384R1,
    "SHA512": ec.SECP521R1,
}


def _tests(engines: tuple[EngineState, ...]) -> Iterator[Finding]:
    if all(each.problem for each in engines):
        yield Finding(name="an engine", good=False, said="there is none")
        return
    rsa_key = rsa.generate_private_key(65537, 2048)
    roots = {each: _self_signed(each, rsa_key) for each in SignatureAlgorithm}
    for state in engines:
        if not state.problem:
            yield from _vectors(state, roots)
    try:
        yield from _chains()
    except PyvalidatorError as error:
        yield Finding(name="chains", good=False, said=printable(str(error)))


def _vectors(state: EngineState, roots: dict[SignatureAlgorithm, bytes]) -> Iterator[Finding]:
    """A good and a bad signature of each algorithm that the engine says it can check."""
    engine = native_engine(Engine(state.name))
    for algorithm, der in roots.items():
        if algorithm.name not in state.algorithms:
            continue
        results = [SignatureResult(engine.self_signature(each)) for each in (der, _spoiled(der))]
        wanted = [SignatureResult.GOOD, SignatureResult.BAD]
        said = "" if results == wanted else f"good: {results[0].name}, spoiled: {results[1].name}"
        yield Finding(name=f"{state.name}: {algorithm.name}", good=results == wanted, said=said)


def _key_for(algorithm: SignatureAlgorithm, rsa_key: rsa.RSAPrivateKey) -> _Key:
    kind, _, digest = algorithm.name.partition("_")
    if kind == "RSA":
        return rsa_key
    if kind == "ECDSA":
        return ec.generate_private_key(_CURVES[digest]())
    return ed25519.Ed25519PrivateKey.generate() if kind == "ED25519" else ed448.Ed448PrivateKey.generate()


def _self_signed(algorithm: SignatureAlgorithm, rsa_key: rsa.RSAPrivateKey) -> bytes:
    key = _key_for(algorithm, rsa_key)
    builder = _builder("self-test", "self-test", key.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    digest = _HASHES.get(algorithm.name.rpartition("_")[2])
    if digest is None or isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey):
        return builder.sign(key, None).public_bytes(Encoding.DER)
    pss = padding.PSS(padding.MGF1(digest), digest.digest_size) if "PSS" in algorithm.name else None
    return builder.sign(key, digest, rsa_padding=pss).public_bytes(Encoding.DER)


def _builder(subject: str, issuer: str, key: Any, *, start: datetime | None = None) -> x509.CertificateBuilder:
    begin = start or datetime.now(UTC) - timedelta(days=1)
    return x509.CertificateBuilder(
        issuer_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]),
        subject_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]),
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=begin,
        not_valid_after=begin + timedelta(days=30),
    )


def _spoiled(der: bytes) -> bytes:
    """The serial number's last bit turned: all is well-formed, and the signature is not over these bytes."""
    serial = x509.load_der_x509_certificate(der).serial_number
    old = serial.to_bytes((serial.bit_length() + 8) // 8)
    return der.replace(old, old[:-1] + bytes([old[-1] ^ 1]), 1)


# --- Self-test: chains


def _chains() -> Iterator[Finding]:
    """A good chain is trusted; its spoiled, nameless and rootless twins are refused, each for its reason."""
    root, chain = _make_chain()
    store, stranger = TrustStore.from_der([root]), TrustStore.from_der([_make_chain()[0]])
    spoiled = [_spoiled(chain[0]), chain[1]]
    for name, trusted, sent, host, wanted in (
        ("a good chain", store, chain, "self-test.example", (Reason.OK,)),
        ("a spoiled leaf", store, spoiled, "self-test.example", (Reason.SIGNATURE_BAD,)),
        ("another name", store, chain, "other.example", (Reason.SUBJECT_MISMATCH,)),
        ("a missing intermediate", store, chain[:1], "self-test.example", (Reason.NO_ISSUER,)),
        ("another root", stranger, chain, "self-test.example", (Reason.SIGNATURE_BAD, Reason.NO_ISSUER)),
    ):
        verdict = Validator(trusted, Policy.tls_server(profile=Profile.DEVICE)).check(sent, DNSName(host))
        expected = Outcome.TRUSTED if Reason.OK in wanted else Outcome.REFUSED
        good = verdict.outcome is expected and verdict.reason in wanted
        yield Finding(name=name, good=good, said="" if good else verdict.headline)


def _make_chain() -> tuple[bytes, list[bytes]]:
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    names = ["self-test root", "self-test CA", "self-test leaf"]
    made = []
    for depth, (key, name) in enumerate(zip(keys, names, strict=True)):
        above = max(depth - 1, 0)
        builder = _builder(name, names[above], key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=depth < 2, path_length=None), critical=True)
        if depth == 2:
            san = x509.SubjectAlternativeName([x509.DNSName("self-test.example")])
            builder = builder.add_extension(san, critical=False)
        made.append(builder.sign(keys[above], hashes.SHA256()).public_bytes(Encoding.DER))
    return made[0], [made[2], made[1]]
