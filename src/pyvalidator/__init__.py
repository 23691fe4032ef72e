"""X.509 path validation for gateways and device fleets.

store = TrustStore.from_pem("roots.pem")
validator = Validator(store, Policy.tls_client())
verdict = validator.verify(chain, DNSName("gw.example"))
"""

from ._core import CacheStats, HotKeyStats
from .algorithms import DEFAULT_ALGORITHMS, KeyAlgorithm, SignatureAlgorithm
from .anchors import AnchorConstraints, FoundPath, TrustAnchor
from .batches import Request, Verdicts
from .cache import Cache
from .certificate import Certificate
from .errors import (
    CoreFailure,
    DumpFault,
    EmptyChain,
    EndEntityAsAnchor,
    EngineUnavailable,
    IntermediateAsAnchor,
    InvalidName,
    MissingDependency,
    NaiveDatetime,
    NotAnAnchor,
    NotAnIntermediate,
    PackingError,
    PemError,
    PolicyError,
    PyvalidatorError,
    StoreDumpError,
    StoreError,
    UnprovenRoot,
    UnreadableCertificate,
    UnreadableEvidence,
)
from .evidence import (
    CertificateStatus,
    Evidence,
    OcspResponse,
    OcspStatus,
    RevocationList,
    RevocationReason,
    Revoked,
    RevokedEntry,
    SingleResponse,
)
from .explain import Cause
from .hot_keys import HotKeys, HotLayer
from .intermediates import Intermediates
from .moments import Time, TimeMode
from .names import (
    URI,
    AnySubject,
    DirectoryName,
    DNSName,
    DNSPattern,
    EmailAddress,
    Identity,
    IPAddress,
    OtherName,
    Subject,
)
from .packed import Packed
from .packing import Chain
from .policy import (
    ANY_POLICY,
    AnchorChecks,
    Budget,
    CertificatePolicies,
    Hook,
    HookRefusal,
    MissingEvidence,
    Policy,
    PolicyRule,
    Profile,
    Revocation,
    RevocationScope,
    RevocationSource,
)
from .purposes import EkuOid, Purpose
from .reasons import Field, Reason
from .refusals import Refused, Undecided, ValidationError
from .signatures import Engine
from .trust import SelfSignatures, TrustStore
from .validator import Paths, Validator, ValidatorStats
from .verdict import Note, Outcome, Rejection, Spent, Step, Verdict

__version__ = "0.1.0"

__all__ = [
    "ANY_POLICY",
    "DEFAULT_ALGORITHMS",
    "URI",
    "AnchorChecks",
    "AnchorConstraints",
    "AnySubject",
    "Budget",
    "Cache",
    "CacheStats",
    "Cause",
    "Certificate",
    "CertificatePolicies",
    "CertificateStatus",
    "Chain",
    "CoreFailure",
    "DNSName",
    "DNSPattern",
    "DirectoryName",
    "DumpFault",
    "EkuOid",
    "EmailAddress",
    "EmptyChain",
    "EndEntityAsAnchor",
    "Engine",
    "EngineUnavailable",
    "Evidence",
    "Field",
    "FoundPath",
    "Hook",
    "HookRefusal",
    "HotKeyStats",
    "HotKeys",
    "HotLayer",
    "IPAddress",
    "Identity",
    "IntermediateAsAnchor",
    "Intermediates",
    "InvalidName",
    "KeyAlgorithm",
    "MissingDependency",
    "MissingEvidence",
    "NaiveDatetime",
    "NotAnAnchor",
    "NotAnIntermediate",
    "Note",
    "OcspResponse",
    "OcspStatus",
    "OtherName",
    "Outcome",
    "Packed",
    "PackingError",
    "Paths",
    "PemError",
    "Policy",
    "PolicyError",
    "PolicyRule",
    "Profile",
    "Purpose",
    "PyvalidatorError",
    "Reason",
    "Refused",
    "Rejection",
    "Request",
    "Revocation",
    "RevocationList",
    "RevocationReason",
    "RevocationScope",
    "RevocationSource",
    "Revoked",
    "RevokedEntry",
    "SelfSignatures",
    "SignatureAlgorithm",
    "SingleResponse",
    "Spent",
    "Step",
    "StoreDumpError",
    "StoreError",
    "Subject",
    "Time",
    "TimeMode",
    "TrustAnchor",
    "TrustStore",
    "Undecided",
    "UnprovenRoot",
    "UnreadableCertificate",
    "UnreadableEvidence",
    "ValidationError",
    "Validator",
    "ValidatorStats",
    "Verdict",
    "Verdicts",
]
