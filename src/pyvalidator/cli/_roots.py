"""Whom the user trusts: roots from files, from Mozilla, and from the operating system, in one store."""

from __future__ import annotations

from collections.abc import Sequence

from .. import Certificate, NotAnAnchor, TrustAnchor, TrustStore, UnreadableCertificate
from ._inputs import Entry, InputError, problem_text, read_all


def load_roots(paths: Sequence[str], *, mozilla: bool, system: bool) -> TrustStore:
    """One store of all that was asked for. InputError names the file that cannot be read, or that holds no root;
    MissingDependency and StoreError come from the other two."""
    anchors: list[TrustAnchor] = []
    if paths:
        anchors += _of_files(read_all(paths))
    if mozilla:
        anchors += TrustStore.mozilla()
    if system:
        anchors += TrustStore.system()
    return TrustStore(anchors)


def _of_files(entries: Sequence[Entry]) -> TrustStore:
    try:
        return TrustStore.from_der([entry.der for entry in entries])
    except (NotAnAnchor, UnreadableCertificate) as error:
        culprit = entries[error.entry - 1]
        error.entry = culprit.entry
        if isinstance(error, NotAnAnchor):
            error.twin = _twin(culprit, entries) or error.twin
        raise InputError(culprit.source, problem_text(error) + _advice(error)) from None


def _twin(culprit: Entry, entries: Sequence[Entry]) -> str | None:
    """The self-issued certificate with the culprit's name and key, by its file: across files a number would mislead."""
    wanted = Certificate(culprit.der).fields
    for entry in entries:
        fields = Certificate(entry.der).fields
        if fields.is_self_issued and (fields.subject, fields.spki) == (wanted.subject, wanted.spki):
            return str(entry)
    return None


def _advice(error: NotAnAnchor | UnreadableCertificate) -> str:
    if isinstance(error, NotAnAnchor):
        return ". If it belongs to the path, give this file as a CHAIN argument instead of to --roots"
    return ""
