"""The command `pyvalidator verify`: whether a chain is trusted, for whom and for what."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Final, NoReturn

import typer

from .. import (
    URI,
    AnySubject,
    CertificatePolicies,
    DNSName,
    EkuOid,
    EmailAddress,
    IPAddress,
    Outcome,
    Policy,
    PolicyRule,
    Profile,
    Purpose,
    PyvalidatorError,
    Revocation,
    RevocationScope,
    Subject,
    Time,
    Validator,
)
from ._inputs import (
    PURPOSES,
    InputError,
    parse_purpose,
    parse_time,
    problem_text,
    read_all,
    read_evidence,
    require_readable,
)
from ._roots import load_roots
from ._show import Asked, prepare_streams, print_json, print_text


class ExitCode(IntEnum):
    """What the shell is told; 2 is a usage error."""

    TRUSTED = 0
    REFUSED = 3
    UNDECIDED = 4
    INPUT = 5


class WrongUsage(typer.BadParameter):
    """Exit code 2, with the text as it is: no single option is to blame."""

    def format_message(self) -> str:
        """The text."""
        return self.message


_EXIT: Final = {
    Outcome.TRUSTED: ExitCode.TRUSTED,
    Outcome.REFUSED: ExitCode.REFUSED,
    Outcome.UNDECIDED: ExitCode.UNDECIDED,
}
_PROFILES: Final = {"device": Profile.DEVICE, "rfc5280": Profile.RFC5280, "webpki": Profile.WEBPKI}
_SCOPES: Final = {"leaf": RevocationScope.LEAF, "chain": RevocationScope.CHAIN}
#: What may be written for --purpose, or left out, by whoever asks about a server.
_SERVER_AUTH: Final = (None, "server-auth", "1.3.6.1.5.5.7.3.1")


def verify(
    chain: Annotated[
        list[str],
        typer.Argument(
            metavar="CHAIN",
            help="PEM or DER files, '-' for standard input. The first certificate of the first file is the one in "
            "question; the rest are candidates for its path, in any order, and trusted by nobody.",
        ),
    ],
    roots: Annotated[
        list[str] | None,
        typer.Option("--roots", metavar="FILE", help="Trust these roots (PEM or DER). May be given several times."),
    ] = None,
    mozilla: Annotated[bool, typer.Option("--mozilla", help="Trust Mozilla's roots (package certifi).")] = False,
    system: Annotated[bool, typer.Option("--system", help="Trust the operating system's roots.")] = False,
    dns: Annotated[str | None, typer.Option("--dns", metavar="NAME", help="It must name this host.")] = None,
    ip: Annotated[str | None, typer.Option("--ip", metavar="ADDRESS", help="It must name this address.")] = None,
    uri: Annotated[str | None, typer.Option("--uri", metavar="URI", help="It must name this URI, whole.")] = None,
    email: Annotated[str | None, typer.Option("--email", metavar="MAILBOX", help="It must name this mailbox.")] = None,
    any_subject: Annotated[bool, typer.Option("--any-subject", help="Whoever it names will do.")] = False,
    purpose: Annotated[
        str | None,
        typer.Option(
            "--purpose",
            metavar="PURPOSE",
            help=f"{', '.join(PURPOSES)}, or a dotted OID. With --dns or --ip it is server-auth unless given; with "
            "any other subject it must be given.",
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            metavar="PROFILE",
            help="device: path validation and every rule that carries security; other deviations become notes. "
            "rfc5280: all rules of RFC 5280 section 4, strictly. webpki: these, and the CA/Browser Forum's for TLS "
            "servers. Unless given, it is webpki for a server (--dns or --ip, server-auth) under --mozilla or "
            "--system, and device for all else.",
        ),
    ] = None,
    policies: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            metavar="OID",
            help="The path must be valid for this certificate policy (a dotted OID), or for one of several. May be "
            "given several times.",
        ),
    ] = None,
    crls: Annotated[
        list[str] | None,
        typer.Option(
            "--crl",
            metavar="FILE",
            help="CRLs (PEM or DER) that tell whether certificates are revoked. May be given several times. Implies "
            "--require-revocation chain.",
        ),
    ] = None,
    ocsp: Annotated[
        list[str] | None,
        typer.Option("--ocsp", metavar="FILE", help="OCSP responses (DER or PEM); likewise."),
    ] = None,
    require_revocation: Annotated[
        str | None,
        typer.Option(
            "--require-revocation",
            metavar="SCOPE",
            help="It must be known not to be revoked: the certificate in question (leaf), or that and every "
            "intermediate (chain). What no CRL and no OCSP response at hand speaks of is refused. Nothing is fetched.",
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="TIME",
            help="Judge at this moment (ISO 8601 with a zone, such as 2026-06-01T12:00:00Z) instead of now; or "
            "'floor:TIME' (it is TIME or later), 'at-issuance' (each issuer was valid when it issued), 'unknown' (no "
            "time is judged).",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as one JSON object.")] = False,
) -> None:
    """Validate a certificate chain (RFC 5280).

    Give at least one of --roots, --mozilla and --system, and exactly one of --dns, --ip, --uri, --email and
    --any-subject. Only roots can be trusted: an intermediate given to --roots is an error.

    Exit code: 0 trusted, 3 refused, 4 undecided (the budget for work was spent, or a signature could not be checked),
    5 an input cannot be read or a root is none, 2 wrong usage. The answer goes to standard output, errors to standard
    error. Whether certificates are revoked is asked with --crl, --ocsp or --require-revocation alone.
    """
    prepare_streams()
    if profile is None:
        of_the_web = (mozilla or system) and not (dns is None and ip is None) and purpose in _SERVER_AUTH
        profile = "webpki" if of_the_web else "device"
    subject = _subject(dns, ip, uri, email, any_subject)
    policy = Policy(
        purpose=_purpose(purpose, subject),
        profile=_profile(profile),
        policies=_policies(policies),
        revocation=_revocation(require_revocation, given=bool(crls or ocsp)),
    )
    time = _time(at)
    if not (roots or mozilla or system):
        raise WrongUsage("say whom to trust: --roots FILE, --mozilla or --system")
    try:
        store = load_roots(roots or [], mozilla=mozilla, system=system)
        entries = read_all(chain)
        evidence = read_evidence(crls or (), ocsp or ()) if crls or ocsp else None
        asked = Asked(
            subject, policy, time, entries, tuple(roots or ()), mozilla, system, tuple(crls or ()), tuple(ocsp or ())
        )
        require_readable(entries[0])
        verdict = Validator(store, policy).check([entry.der for entry in entries], subject, time, evidence)
    except InputError as error:
        _fail(str(error))
    except PyvalidatorError as error:
        _fail(problem_text(error))
    (print_json if as_json else print_text)(verdict, asked)
    raise typer.Exit(_EXIT[verdict.outcome])


def _fail(problem: str) -> NoReturn:
    typer.echo(f"pyvalidator: {problem}", err=True)
    raise typer.Exit(ExitCode.INPUT)


def _subject(dns: str | None, ip: str | None, uri: str | None, email: str | None, any_subject: bool) -> Subject:
    given = [
        (kind, value)
        for kind, value in ((DNSName, dns), (IPAddress, ip), (URI, uri), (EmailAddress, email))
        if value is not None
    ]
    if len(given) + any_subject != 1:
        raise WrongUsage(
            "say whom the certificate must name, with exactly one of --dns, --ip, --uri, --email and --any-subject"
        )
    if any_subject:
        return AnySubject()
    [(kind, value)] = given
    try:
        return kind(value)
    except PyvalidatorError as error:
        raise WrongUsage(problem_text(error)) from None


def _purpose(text: str | None, subject: Subject) -> Purpose | EkuOid:
    if text is None:
        if isinstance(subject, DNSName | IPAddress):
            return Purpose.SERVER_AUTH
        raise WrongUsage(f"say what the certificate is for, with --purpose: {', '.join(PURPOSES)}, or an OID")
    try:
        return parse_purpose(text)
    except PyvalidatorError:
        raise WrongUsage(f"--purpose takes {', '.join(PURPOSES)}, or a dotted OID") from None


def _policies(oids: list[str] | None) -> CertificatePolicies | None:
    if not oids:
        return None
    try:
        return CertificatePolicies(acceptable=tuple(oids), rules=frozenset({PolicyRule.REQUIRE_EXPLICIT}))
    except PyvalidatorError as error:
        raise WrongUsage(f"--policy: {problem_text(error)}") from None


def _revocation(text: str | None, *, given: bool) -> Revocation | None:
    """Evidence that was given is judged by: to ignore it would be a trap."""
    if text is None:
        return Revocation() if given else None
    try:
        return Revocation(scope=_SCOPES[text])
    except KeyError:
        raise WrongUsage(f"--require-revocation takes {' or '.join(_SCOPES)}") from None


def _profile(text: str) -> Profile:
    try:
        return _PROFILES[text]
    except KeyError:
        raise WrongUsage(f"--profile takes {', '.join(_PROFILES)}") from None


def _time(text: str | None) -> Time | None:
    try:
        return None if text is None else parse_time(text)
    except (ValueError, OverflowError) as error:
        raise WrongUsage(str(error)) from None
