"""The only file that imports the native module: owns buffers, keeps DER alive, turns codes into values.

Everything here that is handed to C stays referenced by a Python object for as long as C may read it. No judgement is
made in this file.
"""

from __future__ import annotations

import hashlib
import logging
import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from enum import Enum, unique
from threading import get_ident
from typing import Any, Final, NamedTuple

from . import policy as _policy
from ._native import ffi, lib
from .algorithms import SignatureAlgorithm
from .anchors import AnchorConstraints, FoundPath, TrustAnchor
from .certificate import Certificate, CertificateFields, describe, install_reader
from .der import element as _element
from .errors import (
    CoreFailure,
    EngineUnavailable,
    NotAnIntermediate,
    StoreError,
    UnreadableCertificate,
    UnreadableEvidence,
)
from .evidence import (
    CrlFields,
    CrlHandle,
    EntryFields,
    Evidence,
    EvidenceHandle,
    OcspFields,
    OcspHandle,
    SingleFields,
    install_readers,
)
from .explain import NameFault
from .moments import Time, TimeMode, to_seconds
from .names import URI, AnySubject, DNSName, EmailAddress, IPAddress, Subject
from .pem import count_blocks
from .policy import MissingEvidence, Policy, PolicyRule, Profile, RevocationScope, RevocationSource
from .public_suffix import judge_wildcards
from .purposes import EkuOid, Purpose, encode_oid, purpose_oid
from .reasons import Field, Reason
from .verdict import Answer, Fault, Headline, Kind, Node, PolicySet, Question, Record

_log: Final = logging.getLogger("pyvalidator")

_VERDICT_SIZE: Final[int] = ffi.sizeof("pv_verdict")
_RECORD_SIZE: Final[int] = ffi.sizeof("pv_record")
_FAULT_SIZE: Final[int] = ffi.sizeof("pv_fault")
_MARKS_OFFSET: Final[int] = ffi.offsetof("pv_verdict", "marks")

# What this layer takes for granted of the native side; a module built from other sources must not load.
if (
    ffi.offsetof("pv_verdict", "outcome") != 0
    or lib.PV_OUTCOME_TRUSTED != 1
    or lib.PV_MAX_PATH != _policy.MAX_PATH
    or PolicyRule.INHIBIT_MAPPING.value != lib.PV_POLICY_INHIBIT_MAPPING
    or PolicyRule.REQUIRE_EXPLICIT.value != lib.PV_POLICY_EXPLICIT
    or PolicyRule.INHIBIT_ANY.value != lib.PV_POLICY_INHIBIT_ANY
    or PolicySet.AUTHORITY.value != lib.PV_POLICY_SET_AUTHORITY
    or PolicySet.USER.value != lib.PV_POLICY_SET_USER
    or RevocationScope.LEAF.value != lib.PV_REVOCATION_LEAF
    or RevocationScope.CHAIN.value != lib.PV_REVOCATION_CHAIN
    or RevocationSource.CRL.value != lib.PV_SOURCE_CRL
    or RevocationSource.OCSP.value != lib.PV_SOURCE_OCSP
    or (MissingEvidence.REFUSE.value, MissingEvidence.NOTE.value) != (0, 1)
    or not lib.PV_NODE_OCSP < lib.PV_NODE_CRL < lib.PV_NODE_EVIDENCE < lib.PV_NODE_POOL < lib.PV_NODE_ANCHOR
    or array("I").itemsize != 4
):
    raise ImportError("pyvalidator._native was built from other sources than this package")

#: Lines of log kept of one request, of one request in a batch, and of a search that asks hooks.
_MAX_RECORDS: Final = 256
_MAX_BATCH_RECORDS: Final = 48
_MAX_SESSION_RECORDS: Final = 1024

#: The core's numbers for the kinds of subjects, by type. What is not here may still be of a type that derives from one.
KINDS: Final[dict[type[Subject], int]] = {
    AnySubject: lib.PV_SUBJECT_ANY,
    DNSName: lib.PV_SUBJECT_DNS,
    IPAddress: lib.PV_SUBJECT_IP,
    URI: lib.PV_SUBJECT_URI,
    EmailAddress: lib.PV_SUBJECT_EMAIL,
}
KNOWN: Final[int] = lib.PV_TIME_KNOWN
MODES: Final[dict[TimeMode, int]] = {
    TimeMode.KNOWN: KNOWN,
    TimeMode.FLOOR: lib.PV_TIME_FLOOR,
    TimeMode.UNKNOWN: lib.PV_TIME_UNKNOWN,
    TimeMode.AT_ISSUANCE: lib.PV_TIME_AT_ISSUANCE,
}


def _bytes(span: Any) -> bytes:
    """A copy of what a span borrows."""
    return bytes(ffi.buffer(span.data, span.len)) if span.len else b""


def _cell(size: int = 0) -> Any:
    """Room for one thing that C makes, which is freed with it; it is there before the call, so that an exception just
    after the call loses nothing. size: what will be held, about."""
    return ffi.gc(ffi.new("pvh_held *"), lib.pvh_held_free, size)


# --- Reading certificates


def _parse(der: bytes) -> tuple[Any, Any]:
    """The view of a certificate, and the buffer that it borrows from."""
    view, fault = ffi.new("pv_cert *"), ffi.new("pv_fault *")
    buffer = ffi.from_buffer("uint8_t[]", der)
    reason = lib.pv_cert_parse(view, fault, ffi.new("pv_span *", (buffer, len(der)))[0])
    if reason != lib.PV_OK:
        raise UnreadableCertificate(Reason(reason), Field(fault.field), fault.offset)
    return view, buffer


def read_certificate(der: bytes) -> CertificateFields:
    """Everything that a certificate view tells. Raises UnreadableCertificate."""
    view, _buffer = _parse(der)
    return CertificateFields(
        version=view.version,
        serial=_bytes(lib.pv_cert_serial(view)),
        issuer=_bytes(lib.pv_cert_issuer(view)),
        subject=_bytes(lib.pv_cert_subject(view)),
        spki=_bytes(lib.pv_cert_spki(view)),
        not_before=view.not_before,
        not_after=view.not_after,
        signature_algorithm=view.sig_alg,
        key_algorithm=view.key_alg,
        key_bits=view.key_bits,
        key_fault=Reason(view.key_fault),
        is_ca=bool(view.flags & lib.PV_CERT_CA),
        is_self_issued=bool(view.flags & lib.PV_CERT_SELF_ISSUED),
        names=_general_names(lib.pv_cert_san(view)),
    )


def _general_names(value: Any) -> tuple[tuple[int, bytes], ...] | None:
    """(form, value) of each name; None if one cannot be read."""
    if not value.len:
        return ()
    cursor, name = ffi.new("pv_span *"), ffi.new("pv_general_name *")
    if lib.pv_ext_general_names_open(value, cursor) != lib.PV_OK:
        return None
    names = []
    while cursor.len:
        if lib.pv_ext_general_name_next(cursor, name) != lib.PV_OK:
            return None
        names.append((name.form, _bytes(name.value)))
    return tuple(names)


install_reader(read_certificate)


class Deviations(NamedTuple):
    """What a profile says of a certificate by itself: the rule it is refused for (None: none), and those noted."""

    refused: Reason | None
    noted: tuple[Reason, ...]


def deviations(der: bytes, profile: Profile) -> Deviations:
    """A profile's certificate rules on one certificate: as a server, an intermediate or a root, by what it claims to
    be. Raises UnreadableCertificate."""
    view, _buffer = _parse(der)
    role = lib.PV_ROLE_TARGET
    if view.flags & lib.PV_CERT_CA:
        role = lib.PV_ROLE_ANCHOR if view.flags & lib.PV_CERT_SELF_ISSUED else lib.PV_ROLE_INTERMEDIATE
    question = ffi.new("pv_profile_question *", (view, profile.value, role, lib.PV_PURPOSE_SERVER_AUTH))
    budget, field = ffi.new("pv_budget *"), ffi.new("uint8_t *")
    budget.names = budget.steps = 1 << 24
    reason = Reason(lib.pv_profile_check(field, budget, question))
    return Deviations(None if reason is Reason.OK else reason, tuple(_notes(view, profile, role)))


def _notes(view: Any, profile: Profile, role: int) -> list[Reason]:
    notes = ffi.new("pv_reason[]", 64)
    num = lib.pv_profile_notes(notes, len(notes), view, profile.value, role)
    return [Reason(notes[index]) for index in range(min(num, len(notes)))]


# --- Anchors as the core holds them


class AnchorRecord(NamedTuple):
    """A root as the core's pv_anchor, by the names of its members: numbers, and the bytes of its spans. `view` has the
    numbers of the pv_cert behind it."""

    anchor: dict[str, int | bytes]
    view: dict[str, int]


def anchor_record(der: bytes) -> AnchorRecord:
    """What pv_anchor_from_cert makes of a certificate. Raises UnreadableCertificate, and StoreError for a key that
    can anchor nothing; whether it is a root is the store's rule."""
    view, _buffer = _parse(der)
    anchor = ffi.new("pv_anchor *")
    reason = Reason(lib.pv_anchor_from_cert(anchor, view))
    if reason is not Reason.OK:
        raise StoreError(f"its key cannot be used: {reason.name}")
    span = ffi.typeof("pv_span")
    spans = {
        name: _bytes(getattr(anchor, name)) for name, field in ffi.typeof("pv_anchor").fields if field.type is span
    }
    return AnchorRecord(_numbers(anchor, "pv_anchor") | spans, _numbers(view, "pv_cert"))


def _numbers(struct: Any, name: str) -> dict[str, int]:
    """The members of a struct that are numbers."""
    fields = ffi.typeof(name).fields
    return {member: int(getattr(struct, member)) for member, field in fields if field.type.kind == "primitive"}


def kept_bytes(der: bytes) -> int:
    """How many bytes of a certificate path validation may read again after it was parsed, the signed ones apart."""
    view, _buffer = _parse(der)
    names = "subject issuer spki signature san name_constraints eku key_id authority_key_id"
    return sum(getattr(lib, f"pv_cert_{name}")(view).len for name in names.split())


# --- Reading evidence of revocation


#: hashlib's names of the core's digests.
_DIGESTS: Final[dict[int, str]] = {
    lib.PV_DIGEST_SHA1: "sha1",
    lib.PV_DIGEST_SHA256: "sha256",
    lib.PV_DIGEST_SHA384: "sha384",
    lib.PV_DIGEST_SHA512: "sha512",
}


class NativeCrl:
    """A CRL in the core's own memory, indexed (an evidence.CrlHandle). `pointer` lives as long as this object."""

    __slots__ = ("_held", "_view", "fields", "pointer")

    def __init__(self, der: bytes) -> None:
        fault, self._held = ffi.new("pv_fault *"), _cell(len(der))
        if not lib.pvh_hold_crl(self._held, fault, der, len(der)):
            raise _unreadable(fault, "CRL")
        self.pointer: Final = self._held.crl
        self._view: Final = lib.pvh_crl_view(self.pointer)
        self.fields: Final = self._read()
        self._hash_once()

    def _hash_once(self) -> None:
        """Lend the core the digest of the signed bytes, so that no check hashes a large CRL again."""
        algorithm = _DIGESTS.get(lib.pvh_sig_hash(self._view.sig_alg))
        if algorithm is None:
            return
        signed = lib.pv_crl_tbs(self._view)
        digest = hashlib.new(algorithm, ffi.buffer(signed.data, signed.len)).digest()
        if lib.pvh_crl_set_digest(self.pointer, digest, len(digest)) != lib.PV_DONE:
            raise CoreFailure("keeping a CRL's digest")

    def _read(self) -> CrlFields:
        view = self._view
        extensions = _element_at(view.der, view.der_len, view.extensions)
        return CrlFields(
            issuer=_bytes(lib.pv_crl_issuer(view)),
            this_update=view.this_update,
            next_update=view.next_update if view.flags & lib.PV_CRL_NEXT_UPDATE else None,
            number=_number(lib.pv_crl_number(view)),
            base_number=_number(lib.pv_crl_base_number(view)),
            signature_algorithm=view.sig_alg,
            num_entries=view.num_entries,
            extensions=extensions,
            extensions_offset=view.extensions,
            unusable=Reason(view.unusable),
            index_bytes=lib.pvh_crl_index_size(self.pointer),
        )

    @property
    def buffer(self) -> Any:
        """The DER, borrowed: it must not outlive this object."""
        return ffi.buffer(self._view.der, self._view.der_len)

    def _entry(self, found: Any) -> EntryFields:
        return EntryFields(
            offset=found.at - self._view.der,
            serial=_bytes(found.serial),
            issuer=_bytes(found.issuer),
            revoked_at=found.revoked_at,
            invalid_at=found.invalid_at if found.has_invalid_at else None,
            reason=found.reason,
        )

    def entries(self) -> Iterator[EntryFields]:
        """Every entry, in order."""
        cursor, found = ffi.new("pv_span *", lib.pv_crl_entries(self._view)), ffi.new("pv_crl_entry *")
        while cursor.len:
            if lib.pv_crl_entry_next(cursor, found) != lib.PV_OK:
                raise CoreFailure("reading a CRL's entries")
            yield self._entry(found)

    def find(self, issuer: bytes, serial: bytes) -> EntryFields | None:
        """The entry of the certificate with this issuer (a DER Name) and serial number. Its work is bounded by the CRL
        alone, which is the caller's own."""
        found, is_there, left = ffi.new("pv_crl_entry *"), ffi.new("int *"), ffi.new("pv_budget *")
        left.steps = left.names = _UNBOUNDED
        name, _name = _span(issuer)
        number, _number = _span(serial)
        if lib.pv_crl_find(found, is_there, left, self._view, name[0], number[0]) != lib.PV_OK:
            raise CoreFailure("looking for a certificate on a CRL")
        return self._entry(found) if is_there[0] else None

    def entry_at(self, offset: int) -> EntryFields | None:
        """The entry that begins at this byte of the DER; None: none can be read there."""
        rows, view = lib.pv_crl_entries(self._view), self._view
        start = rows.data - view.der if rows.len else 0
        if not start <= offset < start + rows.len:
            return None
        cursor = ffi.new("pv_span *", (view.der + offset, start + rows.len - offset))
        found = ffi.new("pv_crl_entry *")
        return self._entry(found) if lib.pv_crl_entry_next(cursor, found) == lib.PV_OK else None


class NativeOcsp:
    """An OCSP response in the core's own memory (an evidence.OcspHandle). `pointer` lives as long as this object."""

    __slots__ = ("_held", "_view", "fields", "pointer")

    def __init__(self, der: bytes) -> None:
        fault, self._held = ffi.new("pv_fault *"), _cell(len(der))
        if not lib.pvh_hold_ocsp(self._held, fault, der, len(der)):
            raise _unreadable(fault, "OCSP response")
        self.pointer: Final = self._held.ocsp
        self._view: Final = lib.pvh_ocsp_view(self.pointer)
        self.fields: Final = self._read()

    def _read(self) -> OcspFields:
        view, by_key = self._view, ffi.new("int *")
        if view.status:
            return OcspFields(view.status, 0, b"", False, 0, Reason(view.unusable), b"", 0, (), ())
        data = lib.pv_ocsp_tbs(view)
        return OcspFields(
            status=0,
            produced_at=view.produced_at,
            responder=_bytes(lib.pv_ocsp_responder(view, by_key)),
            by_key=bool(by_key[0]),
            signature_algorithm=view.sig_alg,
            unusable=Reason(view.unusable),
            data=_bytes(data),
            data_offset=data.data - view.der,
            singles=tuple(self._singles()),
            certificates=tuple(self._certificates()),
        )

    def _singles(self) -> Iterator[SingleFields]:
        cursor, found = ffi.new("pv_span *", lib.pv_ocsp_singles(self._view)), ffi.new("pv_ocsp_single *")
        while cursor.len:
            if lib.pv_ocsp_single_next(cursor, found) != lib.PV_OK:
                raise CoreFailure("reading an OCSP response")
            yield SingleFields(
                offset=found.at - self._view.der,
                serial=_bytes(found.serial),
                status=found.status,
                this_update=found.this_update,
                next_update=found.next_update if found.has_next_update else None,
                revoked_at=found.revoked_at,
                reason=found.reason,
            )

    def _certificates(self) -> Iterator[bytes]:
        cursor, der = ffi.new("pv_span *", lib.pv_ocsp_certs(self._view)), ffi.new("pv_span *")
        while cursor.len:
            if lib.pv_ocsp_cert_next(cursor, der) != lib.PV_OK:
                raise CoreFailure("reading an OCSP response's certificates")
            yield _bytes(der[0])


class NativeEvidence:
    """Evidence as the core takes it (an evidence.EvidenceHandle); keeps alive what it was made of."""

    __slots__ = ("_held", "_kept", "_view", "pointer")

    def __init__(self, crls: Sequence[NativeCrl], ocsp: Sequence[NativeOcsp], certificates: Sequence[bytes]) -> None:
        joined, lengths = b"".join(certificates), array("I", map(len, certificates))
        self._held: Final = _cell()
        is_held = lib.pvh_hold_evidence(
            self._held,
            ffi.new("pvh_crl *[]", [each.pointer for each in crls]),
            len(crls),
            ffi.new("pvh_ocsp *[]", [each.pointer for each in ocsp]),
            len(ocsp),
            joined,
            len(joined),
            ffi.from_buffer("uint32_t[]", lengths),
            len(lengths),
        )
        if not is_held:
            raise CoreFailure("joining evidence")
        self._kept: Final = (tuple(crls), tuple(ocsp))
        self.pointer: Final = self._held.evidence
        self._view: Final = lib.pvh_evidence_view(self.pointer)

    def certificate(self, position: int) -> bytes | None:
        """The DER of a certificate: those given, then those inside of the OCSP responses."""
        if not 0 <= position < self._view.num_certs:
            return None
        held = self._view.certs[position]
        return bytes(ffi.buffer(held.der, held.der_len)) if held.version else None


class _Readers:
    """evidence.Readers."""

    def crl(self, der: bytes) -> NativeCrl:
        """Read and index a CRL."""
        return NativeCrl(der)

    def ocsp(self, der: bytes) -> NativeOcsp:
        """Read an OCSP response."""
        return NativeOcsp(der)

    def evidence(
        self, crls: Sequence[CrlHandle], ocsp: Sequence[OcspHandle], certificates: Sequence[bytes]
    ) -> EvidenceHandle:
        """Join what these readers read."""
        lists = [each for each in crls if isinstance(each, NativeCrl)]
        responses = [each for each in ocsp if isinstance(each, NativeOcsp)]
        if (len(lists), len(responses)) != (len(crls), len(ocsp)):
            raise CoreFailure("joining evidence")
        return NativeEvidence(lists, responses, certificates)


install_readers(_Readers())

_UNBOUNDED: Final = 0xFFFFFFFF


def _unreadable(fault: Any, kind: str) -> Exception:
    """The error of a reader that made nothing; UNCHECKED is its word for a lack of memory."""
    reason = Reason(fault.reason)
    if reason in (Reason.UNCHECKED, Reason.OK):
        return CoreFailure(f"reading the {kind}")
    return UnreadableEvidence(reason, Field(fault.field), fault.offset, kind)


def _span(octets: bytes) -> tuple[Any, Any]:
    """A span, and the buffer that it borrows from."""
    buffer = ffi.from_buffer("uint8_t[]", octets)
    return ffi.new("pv_span *", (buffer, len(octets))), buffer


def _number(span: Any) -> int | None:
    """An INTEGER's contents without leading zeros: none for 0; no data at all if it is absent."""
    return None if span.data == ffi.NULL else int.from_bytes(_bytes(span))


def _element_at(der: Any, size: int, offset: int) -> bytes:
    """A copy of the element that begins at this byte, which the core has checked; b"" for offset 0, absent."""
    if not offset:
        return b""
    head = bytes(ffi.buffer(der + offset, min(6, size - offset)))
    octets = head[1] & 0x7F if head[1] & 0x80 else 0
    length = int.from_bytes(head[2 : 2 + octets]) if octets else head[1]
    return bytes(ffi.buffer(der + offset, min(2 + octets + length, size - offset)))


def _pointer(evidence: Evidence | None) -> Any:
    """Evidence for C, which the caller keeps alive."""
    if evidence is None:
        return ffi.NULL
    handle = evidence.handle
    if not isinstance(handle, NativeEvidence):
        raise CoreFailure("handing over evidence")
    return handle.pointer


# --- What a callback raised

#: By the thread whose call it was raised in. C goes on after a callback that failed, with what was not checked, so the
#: call raises it when it is done.
_raised: Final[dict[int, BaseException]] = {}


def _caller() -> int:
    """The thread whose call this one works for."""
    return int(lib.pvh_caller()) or get_ident()


def _keep(_kind: type[BaseException], error: BaseException, _traceback: Any) -> None:
    _raised.setdefault(_caller(), error)


def _has_failed() -> bool:
    """Whether a callback of this call raised something: what else it asks is in vain."""
    return bool(_raised) and _caller() in _raised


def _forget() -> None:
    """Drop what is left of a call that a signal's exception ended before it could raise this."""
    _raised.pop(get_ident(), None)


def _reraise() -> None:
    error = _raised.pop(get_ident(), None)
    if error is None:
        return
    try:
        raise error
    finally:
        del error  # or it would hold itself by its traceback


def _asking(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of C that asks an engine, and raise what a callback raised meanwhile."""
    _forget()
    answer = function(*arguments)
    _reraise()
    return answer


# --- Engines

#: Answers one job: (algorithm, spki, parameters, signature, message, digest or None) to a pv_sig_result.
CheckJob = Callable[[int, bytes, bytes, bytes, bytes, bytes | None], int]


class NativeEngine:
    """A signature engine, shared by any number of validators and threads."""

    __slots__ = ("_handle", "pointer")

    def __init__(self, pointer: Any, handle: Any = None) -> None:
        if pointer == ffi.NULL:
            raise CoreFailure("making a signature engine")
        self.pointer: Final = ffi.gc(pointer, lib.pvh_engine_free)
        self._handle: Final = handle

    @property
    def version(self) -> str:
        """What libcrypto calls itself; "" for a callback."""
        return str(ffi.string(lib.pvh_engine_version(self.pointer)).decode("utf-8", "replace"))

    @property
    def algorithms(self) -> frozenset[SignatureAlgorithm]:
        """What it says it can check."""
        bits = lib.pvh_engine_algorithms(self.pointer)
        return frozenset(each for each in SignatureAlgorithm if bits >> each.value & 1)


def libcrypto_engine(fallback: NativeEngine | None = None) -> NativeEngine:
    """The operating system's OpenSSL; what it does not know is asked of the fallback. Raises EngineUnavailable."""
    why = ffi.new("const char **")
    pointer = lib.pvh_engine_libcrypto(ffi.NULL, why)
    if pointer == ffi.NULL:
        said = ffi.string(why[0]).decode("utf-8", "replace") if why[0] != ffi.NULL else "no libcrypto was found"
        raise EngineUnavailable("libcrypto", said)
    engine = NativeEngine(pointer, fallback)
    if fallback is not None and lib.pvh_engine_set_fallback(engine.pointer, fallback.pointer) != lib.PV_DONE:
        raise CoreFailure("joining two signature engines")
    return engine


def callback_engine(check: CheckJob, algorithms: frozenset[int] | None = None) -> NativeEngine:
    """An engine that asks a Python callable, which knows these algorithms (None: all of them)."""
    handle = ffi.new_handle(check)
    engine = NativeEngine(lib.pvh_engine_callback(lib.pvh_python_check, handle), handle)
    lib.pvh_engine_set_hash(engine.pointer, lib.pvh_python_hash)
    if algorithms is not None:
        lib.pvh_engine_limit(engine.pointer, sum(1 << number for number in algorithms))
    return engine


def _python_check(ctx: Any, jobs: Any, num_jobs: int) -> None:
    if _has_failed():
        return
    check: CheckJob = ffi.from_handle(ctx)
    for index in range(num_jobs):
        job = jobs[index]
        if job.result != lib.PV_SIG_NOT_CHECKED:  # the core has answered it already
            continue
        # `after` counts from 1. A job that hangs on one that is not good stays unchecked, which refuses.
        if job.after == 0 or (job.after <= index and jobs[job.after - 1].result == lib.PV_SIG_GOOD):
            job.result = _check_job(check, job)


def _check_job(check: CheckJob, job: Any) -> int:
    digest = bytes(ffi.buffer(job.digest, job.digest_len)) if job.digest_len else None
    message = b"" if digest is not None else _bytes(job.message)
    spki, parameters = _bytes(job.spki), _bytes(job.parameters)
    return check(job.sig_alg, spki, parameters, _bytes(job.signature), message, digest)


# The jobs stay as they are: what was not checked is trusted by nobody.
ffi.def_extern(name="pvh_python_check", onerror=_keep)(_python_check)


def _python_hash(_ctx: Any, out: Any, algorithm: int, data: Any, size: int) -> int:
    name = _DIGESTS.get(algorithm)
    if name is None or _has_failed():
        return 0
    digest = hashlib.new(name, ffi.buffer(data, size)).digest()
    ffi.buffer(out, len(digest))[:] = digest
    return len(digest)


# 0: nothing was hashed, so what hangs on it is undecided.
ffi.def_extern(name="pvh_python_hash", error=0, onerror=_keep)(_python_hash)


# --- Stores and caches


_uncleared: Final = ffi.new_allocator(should_clear_after_alloc=False)


class PackedRoots:
    """Certificates one after another, as the core reads them; they stay alive with this object."""

    __slots__ = ("_first", "_kept", "_lengths")

    def __init__(self, buffer: Any, lengths: array[int], start: int = 0) -> None:
        """What lies in `buffer` (a cdata that owns its memory) from `start` on, in these lengths, which must fit."""
        self._kept: Final = buffer
        self._first: Final = buffer + start
        self._lengths: Final = lengths

    @classmethod
    def of(cls, certificates: Sequence[bytes]) -> PackedRoots:
        """Copies of these."""
        joined = ffi.from_buffer("uint8_t[]", b"".join(certificates))
        return cls(joined, array("I", map(len, certificates)))

    @classmethod
    def of_part(cls, data: bytes, start: int, lengths: array[int]) -> PackedRoots:
        """A part of `data`, not copied. Not of a memoryview: the collector of cycles takes one apart under cffi."""
        if start + sum(lengths) > len(data):
            raise CoreFailure("handing over certificates")
        return cls(ffi.from_buffer("uint8_t[]", data), lengths, start)

    @classmethod
    def of_pem(cls, text: bytes) -> PackedRoots | None:
        """Those of PEM text that is plain (host.h says what that is); None: it is not."""
        most = count_blocks(text)
        decoded, lengths = _uncleared("uint8_t[]", len(text) // 4 * 3 + 3), array("I", bytes(4 * most))
        num = lib.pvh_pem_certificates(decoded, ffi.from_buffer("uint32_t[]", lengths), most, text, len(text))
        return cls(decoded, lengths[:num]) if num else None

    @property
    def arguments(self) -> tuple[Any, int, Any, int]:
        """For C: the bytes and how many, the lengths and how many."""
        return self._first, sum(self._lengths), ffi.from_buffer("uint32_t[]", self._lengths), len(self._lengths)

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[bytes]:
        start = 0
        for length in self._lengths:
            yield bytes(ffi.buffer(self._first + start, length))
            start += length


@unique
class RootKind(Enum):
    """What the roots-only rule says of a certificate that is no root."""

    UNREADABLE = lib.PVH_ROOT_UNREADABLE
    END_ENTITY = lib.PVH_ROOT_END_ENTITY
    INTERMEDIATE = lib.PVH_ROOT_INTERMEDIATE
    UNPROVEN = lib.PVH_ROOT_UNPROVEN


class RootFinding(NamedTuple):
    """A certificate that is no root: where it stands in the input (from 0), and what it is. The rest counts for
    UNREADABLE; of UNPROVEN the reason alone."""

    position: int
    kind: RootKind
    reason: Reason
    field: Field
    offset: int


def _finding(found: Any) -> RootFinding | None:
    if found.kind == lib.PVH_ROOT_GOOD:
        return None
    fault = found.fault
    reason = Reason(fault.reason) if fault.reason else Reason.UNCHECKED
    return RootFinding(found.position, RootKind(found.kind), reason, Field(fault.field), fault.offset)


class NativeStore:
    """Anchors, in the order in which they were added; `pointer` lives as long as this object. Nothing judges by it
    before it is sealed."""

    __slots__ = ("pointer",)

    def __init__(self) -> None:
        pointer = lib.pvh_store_new()
        if pointer == ffi.NULL:
            raise CoreFailure("making a trust store")
        self.pointer: Final = ffi.gc(pointer, lib.pvh_store_free)

    def __len__(self) -> int:
        return int(lib.pvh_store_num_anchors(self.pointer))

    def add_roots(self, roots: PackedRoots, engine: NativeEngine | None) -> RootFinding | None:
        """Add certificates under the roots-only rule, equal ones once; `engine` None: their self-signatures are not
        checked. The first that is no root, after which the store is good for nothing."""
        first, found = len(self), ffi.new("pvh_root_finding *")
        if lib.pvh_store_add_roots(self.pointer, found, *roots.arguments) != lib.PV_DONE:
            raise CoreFailure("building a trust store")
        if engine is None or found.kind == lib.PVH_ROOT_UNREADABLE:
            return _finding(found)
        forged = self._prove(engine, first)
        if forged is None:
            return _finding(found)
        der = self.certificate(forged.position)
        return forged._replace(position=next(at for at, each in enumerate(roots) if each == der))

    def _prove(self, engine: NativeEngine, first: int) -> RootFinding | None:
        """Check self-signatures, a window at a time: between two of them Python handles its signals."""
        found, end = ffi.new("pvh_root_finding *"), len(self)
        for start in range(first, end, _WINDOW):
            num = min(_WINDOW, end - start)
            status = _asking(lib.pvh_store_prove_roots, self.pointer, found, engine.pointer, start, num)
            if status != lib.PV_DONE:
                raise CoreFailure("checking self-signatures")
            if found.kind != lib.PVH_ROOT_GOOD:
                return _finding(found)
        return None

    def add(self, anchor: TrustAnchor, position: int) -> None:
        """Add an anchor; the roots-only rule is the caller's. StoreError names the position."""
        fault = ffi.new("pv_fault *")
        limits, _kept = _limits(anchor.constraints)
        if anchor.certificate is not None:
            der = anchor.certificate.der
            reason = lib.pvh_store_add_certificate(self.pointer, fault, der, len(der), limits)
        else:
            subject, spki = anchor.subject, anchor.spki
            reason = lib.pvh_store_add_key(self.pointer, fault, subject, len(subject), spki, len(spki), limits)
        if reason != lib.PV_OK:
            found, field = Reason(reason), Field(fault.field)
            where = f" [{field.text}, byte {fault.offset}]" if field.text else ""
            raise StoreError(f"anchor {position}, {anchor.name}, cannot be used: {found.text}{where} ({found.name})")

    def seal(self) -> None:
        """Index the anchors; none can be added afterwards."""
        if lib.pvh_store_seal(self.pointer) != lib.PV_DONE:
            raise CoreFailure("indexing a trust store")

    def certificate(self, position: int) -> bytes:
        """The DER of the certificate of the anchor at this position; empty: it has none."""
        return _bytes(lib.pvh_store_certificate(self.pointer, position))

    def prepare(self, engine: NativeEngine) -> None:
        """Set up the anchors' keys for an engine."""
        if lib.pvh_store_prepare(self.pointer, engine.pointer) != lib.PV_DONE:
            raise CoreFailure("preparing a trust store's keys")


#: Self-signatures checked in one call: some tenths of a second at most.
_WINDOW: Final = 1024

_EARLIEST: Final = -(1 << 63)
_LATEST: Final = (1 << 63) - 1


def _limits(constraints: AnchorConstraints) -> tuple[Any, list[Any]]:
    """The limits for C, and what they borrow from."""
    limits = ffi.new("pvh_anchor_limits *")
    begin, end, distrust = constraints.not_before, constraints.not_after, constraints.distrust_after
    if begin is not None or end is not None:
        limits.flags |= lib.PV_ANCHOR_WINDOW
        limits.not_before = _EARLIEST if begin is None else to_seconds(begin)
        limits.not_after = _LATEST if end is None else to_seconds(end)
    if distrust is not None:
        limits.flags |= lib.PV_ANCHOR_DISTRUST_AFTER
        limits.distrust_after = to_seconds(distrust)
    names = ffi.from_buffer("uint8_t[]", constraints.name_constraints or b"")
    limits.name_constraints, limits.name_constraints_len = names, len(names)
    eku = ffi.from_buffer("uint8_t[]", _eku_syntax(constraints.eku))
    limits.eku, limits.eku_len = eku, len(eku)
    return limits, [names, eku]


def _eku_syntax(purposes: Sequence[Purpose | EkuOid]) -> bytes:
    """The DER of an ExtKeyUsageSyntax (RFC 5280 4.2.1.12); empty for none."""
    body = b"".join(_element(0x06, purpose_oid(each)) for each in purposes)
    return _element(0x30, body) if body else b""


class HotKeyStats(NamedTuple):
    """What tables of hot keys hold and did; sizes in bytes, all else counts. `taken`: signatures that were checked by
    them, or (`bare` of them) without a table, of which `accepted` held, of which libcrypto was asked about `sampled`
    again. `layer`: a HotLayer's number; 0: nothing was needed yet, -1: none passed its test. `is_wrong`: libcrypto did
    not agree with one; all are off."""

    bytes: int
    max_bytes: int
    tables: int
    built: int
    evicted: int
    taken: int
    bare: int
    accepted: int
    sampled: int
    layer: int
    is_wrong: bool


def _python_alarm() -> None:
    _log.error("a signature was accepted by a table and refused by libcrypto: tables are no longer used; report this")


ffi.def_extern(name="pvh_python_alarm", onerror=_keep)(_python_alarm)


class NativeHotKeys:
    """Tables of hot keys, bounded in bytes."""

    __slots__ = ("pointer",)

    def __init__(self, max_bytes: int, shadow: int, most_layer: int) -> None:
        pointer = lib.pvh_hot_new(max_bytes, shadow, most_layer, lib.pvh_python_alarm)
        if pointer == ffi.NULL:
            raise CoreFailure("making room for hot keys")
        self.pointer: Final = ffi.gc(pointer, lib.pvh_hot_free)

    def wait(self, seconds: float) -> bool:
        """Until no table is being made."""
        return bool(lib.pvh_hot_wait(self.pointer, min(int(seconds * 1000), 0xFFFFFFFF)))

    def stats(self) -> HotKeyStats:
        """The counters now."""
        out = ffi.new("pvh_hot_stats *")
        lib.pvh_hot_read_stats(self.pointer, out)
        return HotKeyStats(*(getattr(out, name) for name in HotKeyStats._fields))._replace(is_wrong=bool(out.is_wrong))


def hot_layer_state(layer: int) -> bool | None:
    """Whether a layer passes its test; None: it is not there."""
    state = lib.pvh_hot_layer_state(layer)
    return None if state < 0 else bool(state)


class CacheStats(NamedTuple):
    """What a cache holds and did; sizes in bytes, all else counts."""

    bytes: int
    max_bytes: int
    edges: int
    keys: int
    edge_hits: int
    edge_misses: int
    key_hits: int
    key_misses: int
    evictions: int
    passed_by: int
    refusals: int
    refusal_hits: int


class NativeCache:
    """Certificates of trusted paths, each with the key that it was verified under, parsed keys, and signatures that did
    not hold; bounded in bytes."""

    __slots__ = ("pointer",)

    def __init__(self, max_bytes: int) -> None:
        pointer = lib.pvh_cache_new(max_bytes)
        if pointer == ffi.NULL:
            raise CoreFailure("making a cache")
        self.pointer: Final = ffi.gc(pointer, lib.pvh_cache_free)

    def authorities(self) -> list[bytes]:
        """The DER of the CA certificates in it now."""
        room = self.stats().edges + 64  # others may add some before they are collected
        found = ffi.new("pvh_interned *[]", room)
        num = lib.pvh_cache_collect(self.pointer, found, room)
        try:
            return [_der_of(lib.pvh_interned_view(found[index])) for index in range(num)]
        finally:
            for index in range(num):
                lib.pvh_interned_release(found[index])

    def stats(self) -> CacheStats:
        """The counters now."""
        out = ffi.new("pvh_cache_stats *")
        lib.pvh_cache_read_stats(self.pointer, out)
        return CacheStats(*(getattr(out, name) for name in CacheStats._fields))


def _der_of(view: Any) -> bytes:
    return bytes(ffi.buffer(view.der, view.der_len))


class NativePool:
    """Candidate intermediates, read and indexed. `pointer` lives as long as this object."""

    __slots__ = ("_held", "pointer")

    def __init__(self, certificates: Sequence[bytes]) -> None:
        joined, lengths = b"".join(certificates), array("I", map(len, certificates))
        fault, position, numbers = ffi.new("pv_fault *"), ffi.new("uint32_t *"), ffi.from_buffer("uint32_t[]", lengths)
        self._held: Final = _cell(len(joined))
        if not lib.pvh_hold_pool(self._held, fault, position, joined, len(joined), numbers, len(lengths)):
            raise _not_a_candidate(fault, position[0], certificates)
        self.pointer: Final = self._held.pool

    @property
    def overhead(self) -> int:
        """Bytes that it takes beyond the certificates' DER."""
        return int(lib.pvh_pool_overhead(self.pointer))


def _not_a_candidate(fault: Any, position: int, certificates: Sequence[bytes]) -> Exception:
    reason = Reason(fault.reason)
    if reason is Reason.UNCHECKED:
        return CoreFailure("making a pool of intermediates")
    if reason is Reason.NOT_A_CA:
        return NotAnIntermediate(describe(certificates[position]), position + 1)
    return UnreadableCertificate(reason, Field(fault.field), fault.offset, position + 1)


# --- Judging


class BatchInput(NamedTuple):
    """Many requests, packed: all certificates one after another from byte `start` on, their lengths, and how many each
    request has; subjects, times and evidence of each request, or one for all (of evidence also none)."""

    joined: bytes
    lengths: array[int]
    counts: array[int]
    subjects: Sequence[Subject]
    times: Sequence[Time]
    evidences: Sequence[Evidence | None] = ()
    start: int = 0

    def subject(self, index: int) -> Subject:
        """Whom request `index` asks for."""
        return self.subjects[0 if len(self.subjects) == 1 else index]

    def time(self, index: int) -> Time:
        """The moment of request `index`."""
        return self.times[0 if len(self.times) == 1 else index]

    def evidence(self, index: int) -> Evidence | None:
        """What came with request `index`."""
        return self.evidences[0 if len(self.evidences) == 1 else index] if self.evidences else None


class BatchAnswers:
    """What the core wrote about many requests, in memory of its own; copied out request by request."""

    __slots__ = ("_answers", "_held")

    def __init__(self, held: Any) -> None:
        self._held: Final = held
        self._answers: Final = held.answers

    def answer(self, index: int, first: int, num: int) -> Answer:
        """The answer to request `index`, whose certificates are `num` from `first` on."""
        # No function of C is called here: that would let go of Python's lock, once for each verdict.
        answers, log = self._answers, self._answers.log
        begin, end = log.ends[index - 1] if index % log.window else 0, log.ends[index]
        lines = log.windows[index // log.window]
        records = bytes(ffi.buffer(lines + begin, (end - begin) * _RECORD_SIZE)) if end > begin else b""
        no_faults = answers.faults == ffi.NULL or not num
        faults = b"" if no_faults else bytes(ffi.buffer(answers.faults + first, num * _FAULT_SIZE))
        return Answer(bytes(ffi.buffer(answers.verdicts + index, _VERDICT_SIZE)), records, faults)

    def each(self, counts: Sequence[int]) -> Iterator[Answer]:
        """The answers to all requests, which have these numbers of certificates."""
        answers, log, num = self._answers, self._answers.log, len(counts)
        raws = bytes(ffi.buffer(answers.verdicts, num * _VERDICT_SIZE))
        ends = memoryview(ffi.buffer(log.ends, num * 4)).cast("I").tolist()
        no_faults = answers.faults == ffi.NULL
        first = begin = 0
        lines = b""
        for index, count in enumerate(counts):
            if index % log.window == 0:
                last, begin = ends[min(index + log.window, num) - 1], 0
                lines = bytes(ffi.buffer(log.windows[index // log.window], last * _RECORD_SIZE)) if last else b""
            raw = raws[index * _VERDICT_SIZE : (index + 1) * _VERDICT_SIZE]
            records = lines[begin * _RECORD_SIZE : ends[index] * _RECORD_SIZE]
            faults = b"" if no_faults else bytes(ffi.buffer(answers.faults + first, count * _FAULT_SIZE))
            yield Answer(raw, records, faults)
            first += count
            begin = ends[index]

    def outcomes(self) -> bytes:
        """The number of each outcome: uint8."""
        return bytes(ffi.buffer(self._answers.outcomes, self._answers.num_requests))

    def anchors(self) -> bytes:
        """Each anchor's position in the store, NO_ANCHOR unless trusted: uint32."""
        return bytes(ffi.buffer(self._answers.anchors, self._answers.num_requests * 4))

    def reasons(self) -> bytes:
        """The number of each reason: uint16."""
        return bytes(ffi.buffer(self._answers.reasons, self._answers.num_requests * 2))

    def judge_marks(self, batch: BatchInput) -> None:
        """Decide the verdicts that left something about the target to us."""
        answers = self._answers
        start = first = 0
        for index, num in enumerate(batch.counts) if answers.num_marked else ():
            verdict = answers.verdicts[index]
            if verdict.marks:
                at = batch.start + start
                _judge_marks(verdict, batch.joined[at : at + batch.lengths[first]])
                answers.outcomes[index], answers.reasons[index] = verdict.outcome, verdict.reason
                answers.anchors[index] = verdict.anchor
            start += sum(batch.lengths[first : first + num])
            first += num


#: What a request's verdict and columns take, about.
_ANSWER_SIZE: Final[int] = _VERDICT_SIZE + 16

#: Stands in a column of anchors for "none".
NO_ANCHOR: Final[int] = lib.PV_NODE_NONE


class Lengths(NamedTuple):
    """What offsets say: where the first and the last point to, and the lengths between them. `num_ordered` fewer than
    there are: the next one is smaller than the one before, or 4 GiB or more beyond it."""

    first: int
    last: int
    lengths: array[int]
    num_ordered: int


def read_offsets(offsets: bytes, size: int) -> Lengths:
    """Read offsets of `size` bytes each (4 or 8), one at least, in this machine's byte order."""
    num = len(offsets) // size
    lengths = array("I", bytes(4 * (num - 1)))
    ends = ffi.new("uint64_t[2]")
    into, of = ffi.from_buffer("uint32_t[]", lengths), ffi.from_buffer(offsets)
    num_ordered = lib.pvh_read_offsets(into, ends, ends + 1, of, num, size)
    return Lengths(ends[0], ends[1], lengths, num_ordered)


class _Frame:
    """Through which one call at a time asks, again and again; `view[:n]` copies an answer of n bytes."""

    __slots__ = ("_kept", "max_certs", "pointer", "view")

    def __init__(self, config: Any, max_certs: int) -> None:
        size = lib.pvh_frame_size(_MAX_RECORDS, max_certs)
        room = ffi.new("uint64_t[]", (size + 7) // 8)
        octets = ffi.cast("uint8_t *", room)
        self.pointer: Final = ffi.new("pvh_frame *", (config, octets, size, _MAX_RECORDS, max_certs))
        self.view: Final = ffi.buffer(octets, size)
        self.max_certs: Final = max_certs
        self._kept: Final = (config, room)


# Looked up once: each look-up costs as much as handing over an argument.
_ask: Final = lib.pvh_ask
_ask_pair: Final = lib.pvh_ask_pair
_NULL: Final = ffi.NULL


def subject_kind(subject: Subject) -> int:
    """The core's number for a kind of subject; 0, which refuses, for anything else."""
    kind = KINDS.get(type(subject))
    if kind is not None:
        return kind
    return next((number for base, number in KINDS.items() if isinstance(subject, base)), lib.PV_SUBJECT_UNSET)


class Judge:
    """Store, engine, cache, intermediates and policy joined for the core; it also reads what the core wrote (a
    verdict.Source)."""

    __slots__ = (
        "_cache",
        "_config",
        "_engine",
        "_frames",
        "_hot",
        "_intermediates",
        "_kept",
        "_pausing",
        "_pool",
        "_store",
        "anchors",
        "policy",
    )

    def __init__(
        self,
        *,
        store: NativeStore,
        anchors: Sequence[TrustAnchor],
        engine: NativeEngine,
        cache: NativeCache | None,
        policy: Policy,
        hot: NativeHotKeys | None = None,
        pool: NativePool | None = None,
        intermediates: Sequence[bytes] = (),
    ) -> None:
        store.prepare(engine)
        self.anchors: Final = anchors
        self.policy: Final = policy
        self._store, self._engine, self._cache, self._pool = store, engine, cache, pool
        self._hot = hot
        self._intermediates: Final = intermediates
        self._kept: list[Any] = []
        self._config: Final = self._configure(lib.PV_PAUSE_NEVER)
        self._pausing: Final = self._configure(lib.PV_PAUSE_PATH)
        self._frames: Final[list[_Frame]] = []

    def _configure(self, pause: int) -> Any:
        config = ffi.new("pvh_config *")
        config.store, config.engine = self._store.pointer, self._engine.pointer
        config.cache = ffi.NULL if self._cache is None else self._cache.pointer
        config.hot = ffi.NULL if self._hot is None else self._hot.pointer
        config.pool = ffi.NULL if self._pool is None else self._pool.pointer
        config.max_certs = self.policy.budget.certificates
        config.max_der = self.policy.budget.der_bytes
        self._fill_policy(config.policy)
        config.policy.pause = pause
        return config

    def _fill_policy(self, out: Any) -> None:
        policy = self.policy
        out.profile = policy.profile.value
        out.anchor_checks = policy.anchor_checks.value
        out.max_intermediates = policy.max_intermediates
        out.min_rsa_bits = policy.min_rsa_bits
        out.algorithms = sum(1 << each.value for each in policy.algorithms)
        if isinstance(policy.purpose, EkuOid):
            oid = ffi.from_buffer("uint8_t[]", policy.purpose.encoded)
            self._kept.append(oid)
            out.purpose, out.purpose_oid.data, out.purpose_oid.len = lib.PV_PURPOSE_OID, oid, len(oid)
        else:
            out.purpose = policy.purpose.value
        self._fill_certificate_policies(out)
        self._fill_revocation(out)
        for limit in ("signatures", "steps", "names", "policy_nodes", "bytes"):
            setattr(out.budget, limit, getattr(policy.budget, limit))

    def _fill_certificate_policies(self, out: Any) -> None:
        asked = self.policy.policies
        if asked is None:
            return
        out.policy_flags = sum(each.value for each in asked.rules)
        encoded = [ffi.from_buffer("uint8_t[]", encode_oid(each)) for each in asked.acceptable or ()]
        spans = ffi.new("pv_span[]", [(each, len(each)) for each in encoded])
        self._kept += [encoded, spans]
        out.user_policies, out.num_user_policies = spans, len(encoded)

    def _fill_revocation(self, out: Any) -> None:
        asked = self.policy.revocation
        if asked is None:
            out.revocation = lib.PV_REVOCATION_NONE
            return
        out.revocation = asked.scope.value
        out.revocation_sources = sum(each.value for each in asked.sources)
        out.may_lack_evidence = asked.missing.value
        if asked.max_age is not None:  # 0 would stand for "no limit"
            out.evidence_max_age = max(1, -(-asked.max_age // _SECOND))
        out.evidence_leeway = asked.leeway // _SECOND

    def ask(
        self, joined: bytes, lengths: bytes, num: int, kind: int, name: bytes, mode: int, value: int,
        evidence: Evidence | None = None,
    ) -> bytes:  # fmt: skip
        """Answer one request of `num` certificates in one piece (see split); C runs without Python's lock.

        lengths: of the certificates, this machine's 32-bit numbers. kind, mode: from KINDS and MODES.
        """
        # A list's pop and append are atomic: each call, in whatever thread, holds a frame of its own.
        try:
            frame = self._frames.pop()
        except IndexError:
            frame = _Frame(self._config, max(num, 32))
        if frame.max_certs < num:
            frame = _Frame(self._config, num)
        pointer = _NULL if evidence is None else _pointer(evidence)
        if _raised:
            _forget()
        size = _ask(frame.pointer, joined, len(joined), lengths, num, kind, name, len(name), mode, value, pointer)
        block = self._take(frame, size)
        if block[_MARKS_OFFSET]:
            return _judged_marks(block, joined[: int.from_bytes(lengths[:4], sys.byteorder)])
        return block

    def ask_pair(self, target: bytes, other: bytes, kind: int, name: bytes, mode: int, value: int) -> bytes:
        """The same of two certificates, in two pieces, together of less than 4 GiB."""
        try:
            frame = self._frames.pop()
        except IndexError:
            frame = _Frame(self._config, 32)
        if _raised:
            _forget()
        size = _ask_pair(frame.pointer, target, len(target), other, len(other), kind, name, len(name), mode, value)
        block = self._take(frame, size)
        return _judged_marks(block, target) if block[_MARKS_OFFSET] else block

    def _take(self, frame: _Frame, size: int) -> bytes:
        """The answer that C wrote into a frame, which may serve the next call."""
        block: bytes = frame.view[:size]
        self._frames.append(frame)
        if _raised:
            _reraise()
        if not size:
            raise CoreFailure("checking a chain")
        return block

    def check_one(
        self, joined: bytes, lengths: array[int], subject: Subject, time: Time, evidence: Evidence | None = None
    ) -> bytes:
        """The same, of a subject and a time."""
        kind, mode = subject_kind(subject), MODES[time.mode]
        return self.ask(joined, lengths.tobytes(), len(lengths), kind, subject.encoded, mode, time.value, evidence)

    def check_many(self, batch: BatchInput, *, workers: int = 1, cut: bool = True) -> BatchAnswers:
        """Answer a batch of one request at least in one call; C runs on `workers` threads, without Python's lock.

        cut: keep as many lines of log of each request as a batch has room for, rather than as check_one keeps.
        """
        handed = _Handed(batch, _MAX_BATCH_RECORDS if cut else _MAX_RECORDS)
        held = _cell(len(batch.counts) * _ANSWER_SIZE)
        if not _asking(lib.pvh_hold_answers, held, self._config, handed.input, workers):
            raise CoreFailure("checking a batch")
        answers = BatchAnswers(held)
        if self.policy.profile is Profile.WEBPKI:
            answers.judge_marks(batch)
        return answers

    def walk(self, question: Question, decide: Callable[[FoundPath], bool]) -> Answer:
        """Search with a stop at each valid path, where `decide` says whether it is taken. What `decide` raises ends
        the search."""
        batch = BatchInput(
            question.joined,
            array("I", question.lengths),
            array("I", [question.num]),
            [question.subject],
            [question.time],
            [] if question.evidence is None else [question.evidence],
        )
        room = _Room(question.num)
        handed = _Handed(batch, _MAX_SESSION_RECORDS)
        held = _cell()
        if not lib.pvh_hold_session(held, self._pausing, room.output, handed.input):
            raise CoreFailure("beginning a search")
        try:
            self._run(held.session, room, question, decide)
        finally:
            ffi.release(held)
        return room.answer()

    def _run(self, session: Any, room: _Room, question: Question, decide: Callable[[FoundPath], bool]) -> None:
        status = _asking(lib.pvh_session_run, session, lib.PV_ANSWER_NONE)
        while status == lib.PV_SUSPENDED:
            if room.verdict.marks and _objection(room.verdict, question.ders()[0]):
                break  # what is wrong with the target is wrong on every path
            taken = decide(self._found(room, question))
            answer = lib.PV_ANSWER_ACCEPT if taken else lib.PV_ANSWER_REFUSE
            status = _asking(lib.pvh_session_run, session, answer)
        else:
            if status != lib.PV_DONE:
                raise CoreFailure("searching for paths")
        if room.verdict.marks:
            _judge_marks(room.verdict, question.ders()[0])

    def _found(self, room: _Room, question: Question) -> FoundPath:
        head = self.headline(bytes(ffi.buffer(room.verdict)))
        ders = question.ders()
        listed = [
            self.pooled(node) if node.certificate is None else Certificate(ders[node.certificate]) for node in head.path
        ]
        certificates = tuple(each for each in listed if each is not None)
        if head.anchor is None or not certificates or len(certificates) != len(listed):
            raise CoreFailure("reading a path that was found")
        return FoundPath(certificates=certificates, anchor=self.anchors[head.anchor], subject=question.subject)

    # What the core wrote, read (verdict.Source)

    def split(self, block: bytes) -> Answer:
        """Verdict, log lines and faults, which stand one after another."""
        raw = block[:_VERDICT_SIZE]
        num = min(ffi.from_buffer("pv_verdict *", raw).num_records, _MAX_RECORDS)
        end = _VERDICT_SIZE + num * _RECORD_SIZE
        return Answer(raw, block[_VERDICT_SIZE:end], block[end:])

    def headline(self, raw: bytes) -> Headline:
        """Decode a verdict."""
        verdict = ffi.from_buffer("pv_verdict *", raw)
        anchor = None if verdict.anchor == lib.PV_NODE_NONE else verdict.anchor
        return Headline(
            outcome=verdict.outcome,
            path=tuple(_node(verdict.path[depth]) for depth in range(min(verdict.path_len, lib.PV_MAX_PATH))),
            anchor=anchor if anchor is not None and anchor < len(self.anchors) else None,
            reason=Reason(verdict.reason),
            field=Field(verdict.field),
            depth=verdict.depth,
            node=_node(verdict.node),
            offset=_offset(verdict.offset),
            num_records=verdict.num_records,
            uncovered=verdict.uncovered,
            odd_crls=verdict.odd_crls,
            spent={name: getattr(verdict.spent, name) for name in _SPENT},
        )

    def records(self, raw: bytes) -> list[Record]:
        """Decode log lines."""
        lines = ffi.from_buffer("pv_record[]", raw)
        return [
            Record(_node(line.node), Reason(line.reason), Field(line.field), line.depth, _offset(line.offset))
            for line in lines
        ]

    def faults(self, raw: bytes) -> list[Fault]:
        """Decode encoding faults."""
        found = ffi.from_buffer("pv_fault[]", raw)
        return [
            Fault(position, Reason(fault.reason), Field(fault.field), fault.offset)
            for position, fault in enumerate(found)
            if fault.reason not in (0, lib.PV_OK)
        ]

    def pooled(self, node: Node) -> Certificate | None:
        """A certificate of the intermediates."""
        kind, position = node.evidence or (None, 0)
        if kind is not Kind.POOLED or not position < len(self._intermediates):
            return None
        return Certificate(self._intermediates[position])

    def name_fault(self, constraints: bytes, der: bytes) -> NameFault:
        """What is wrong with a certificate's names under one NameConstraints value, within the policy's budget."""
        view, _buffer = _parse(der)
        value = ffi.from_buffer("uint8_t[]", constraints)
        fault, budget = ffi.new("pv_constraint_fault *"), ffi.new("pv_budget *")
        budget.names = self.policy.budget.names
        reason = lib.pv_constraints_check(fault, budget, ffi.new("pv_span *", (value, len(constraints)))[0], view)
        offset = fault.at - view.der if fault.at != ffi.NULL else None
        return NameFault(Reason(reason), Field(fault.field), offset)

    def policy_set(self, kind: PolicySet, path: Sequence[bytes], anchor: int) -> list[bytes]:
        """A policy set of a valid path (target first) below the anchor at this position: DER contents of OIDs."""
        joined, num, room = b"".join(path), ffi.new("uint32_t *"), _FEW_POLICIES
        lengths = ffi.new("uint32_t[]", [len(each) for each in path])
        der = ffi.from_buffer("uint8_t[]", joined)
        while True:
            spans = ffi.new("pv_span[]", room)
            status = lib.pvh_policy_set(
                self._config, num, spans, room, kind.value, anchor, der, len(joined), lengths, len(path)
            )
            if status != lib.PV_DONE:
                raise CoreFailure("reading a path's policies")
            if num[0] <= room:
                return [_bytes(spans[index]) for index in range(num[0])]
            room = num[0]

    def notes(self, der: bytes, depth: int | None) -> list[Reason]:
        """Deviations of the path's certificate at this depth (None: of the anchor's) that the profile lets pass."""
        if depth is None and self.policy.anchor_checks is not _policy.AnchorChecks.CERTIFICATE:
            return []
        view, _buffer = _parse(der)
        role = lib.PV_ROLE_TARGET if depth == 0 else lib.PV_ROLE_INTERMEDIATE if depth else lib.PV_ROLE_ANCHOR
        return _notes(view, self.policy.profile, role)


_FEW_POLICIES: Final = 64
_SECOND: Final = timedelta(seconds=1)
_SPENT: Final = ("signatures", "steps", "names", "policy_nodes", "bytes")


_KINDS_OF_NODES: Final = (
    (lib.PV_NODE_ANCHOR, Kind.ANCHOR),
    (lib.PV_NODE_POOL, Kind.POOLED),
    (lib.PV_NODE_EVIDENCE, Kind.SIGNER),
    (lib.PV_NODE_CRL, Kind.CRL),
    (lib.PV_NODE_OCSP, Kind.OCSP),
)


def _node(node: int) -> Node:
    if node == lib.PV_NODE_NONE:
        return Node()
    for base, kind in _KINDS_OF_NODES:
        if node >= base:
            position = node - base
            return Node(None, position) if kind is Kind.ANCHOR else Node(None, None, (kind, position))
    return Node(node)


def _offset(offset: int) -> int | None:
    return None if offset == lib.PV_NO_OFFSET else offset


def undecided(reason: Reason) -> bytes:
    """A verdict reached without the core: nothing was looked at, because it would have cost too much."""
    return _headline_only(lib.PV_OUTCOME_UNDECIDED, reason)


def refused(reason: Reason) -> bytes:
    """A verdict reached without the core: what was handed in cannot be judged."""
    return _headline_only(lib.PV_OUTCOME_REFUSED, reason)


def _objection(verdict: Any, target: bytes) -> Reason | None:
    """Why a verdict that left something about the target to us is no trust."""
    return judge_wildcards(target) if verdict.marks == lib.PV_MARK_WILDCARD else Reason.UNCHECKED


def _judge_marks(verdict: Any, target: bytes) -> None:
    """Decide a verdict that has a valid path, and left the target's wildcards to the Public Suffix List."""
    reason = _objection(verdict, target)
    if reason is None:
        verdict.outcome, verdict.reason, verdict.field = lib.PV_OUTCOME_TRUSTED, lib.PV_OK, Field.NONE.value
        verdict.node = lib.PV_NODE_NONE
        return
    verdict.outcome, verdict.reason, verdict.field = lib.PV_OUTCOME_REFUSED, reason.value, Field.SUBJECT_ALT_NAME.value
    verdict.path_len = verdict.depth = verdict.node = 0
    verdict.anchor = lib.PV_NODE_NONE


def _judged_marks(block: bytes, target: bytes) -> bytes:
    """An answer whose verdict left the target's wildcards to us."""
    verdict = ffi.new("pv_verdict *")
    ffi.memmove(verdict, block, _VERDICT_SIZE)
    _judge_marks(verdict, target)
    return bytes(ffi.buffer(verdict)) + block[_VERDICT_SIZE:]


def _headline_only(outcome: int, reason: Reason) -> bytes:
    verdict = ffi.new("pv_verdict *")
    verdict.outcome, verdict.reason, verdict.field = outcome, reason.value, Field.REQUEST.value
    verdict.node = verdict.anchor = lib.PV_NODE_NONE
    verdict.offset = lib.PV_NO_OFFSET
    return bytes(ffi.buffer(verdict))


class _Room:
    """Where a session writes its answer."""

    __slots__ = ("faults", "output", "records", "verdict")

    def __init__(self, num_certs: int) -> None:
        self.verdict = ffi.new("pv_verdict *")
        self.records = ffi.new("pv_record[]", _MAX_SESSION_RECORDS)
        self.faults = ffi.new("pv_fault[]", num_certs)
        self.output = ffi.new("pvh_output *", (self.verdict, self.records, self.faults))

    def answer(self) -> Answer:
        """Copy out what was written, and of the log only the lines in use."""
        used = min(self.verdict.num_records, _MAX_SESSION_RECORDS) * _RECORD_SIZE
        records = bytes(ffi.buffer(self.records, used)) if used else b""
        return Answer(bytes(ffi.buffer(self.verdict)), records, bytes(ffi.buffer(self.faults)))


class _Handed:
    """A batch as C reads it; keeps alive what C borrows."""

    __slots__ = ("input", "kept")

    def __init__(self, batch: BatchInput, max_records: int) -> None:
        names = [subject.encoded for subject in batch.subjects]
        subjects = b"".join(names)
        numbers = (batch.lengths, batch.counts, array("I", map(len, names)))
        buffers = [ffi.from_buffer("uint32_t[]", each) for each in numbers]
        texts = [ffi.from_buffer("uint8_t[]", each) for each in (batch.joined, _kinds(batch.subjects), subjects)]
        times = ffi.new("pv_time[]", [(each.value, MODES[each.mode]) for each in batch.times])
        evidences = ffi.new("const pvh_evidence *[]", [_pointer(each) for each in batch.evidences])
        self.kept = (batch, buffers, texts, times, evidences)
        out = self.input = ffi.new("pvh_input *")
        out.cert_lens, out.counts, out.subject_lens = buffers
        out.der, out.subject_kinds, out.subjects = texts[0] + batch.start, texts[1], texts[2]
        out.der_len, out.subjects_len = len(batch.joined) - batch.start, len(subjects)
        out.times, out.num_times = times, len(times)
        out.evidences, out.num_evidences = evidences, len(evidences)
        out.num_certs, out.num_requests = len(batch.lengths), len(batch.counts)
        out.num_subjects = len(names)
        out.max_records = max_records
        out.caller = get_ident()


def _kinds(subjects: Sequence[Subject]) -> bytes:
    """The core's number for each subject's kind."""
    types = set(map(type, subjects))
    if len(types) == 1:
        return bytes([subject_kind(subjects[0])]) * len(subjects)
    return bytes(map(subject_kind, subjects))
