"""What can be found, and which part it speaks of. Made by tools/make_reasons.py from csrc: do not edit."""

from __future__ import annotations

from enum import Enum, unique


@unique
class Reason(Enum):
    """A rule that was broken, or a limit that was reached. Its value is a stable number; `OK` alone is good.

    `clause` names the standard ("" for limits of our own), `text` says what is wrong and `mend` what would help; both
    texts are for people and may change between versions.
    """

    clause: str
    text: str
    mend: str

    def __new__(cls, number: int, clause: str = "", text: str = "", mend: str = "") -> Reason:
        """Make the member of this number; `Reason(80)` finds one."""
        member = object.__new__(cls)
        member._value_ = number
        member.clause, member.text, member.mend = clause, text, mend
        return member

    UNCHECKED = (0, "", "nothing was checked", "report this: a check did not run")
    OK = (1, "", "no fault", "")
    DER_TRUNCATED = (10, "X.690 8.1.3", "the data ends inside an element", "send the whole certificate")
    DER_LENGTH = (
        11,
        "X.690 10.1",
        "a length is indefinite, not minimal, or beyond what is read",
        "encode the certificate in DER",
    )
    DER_TAG = (
        12,
        "X.690 8.1.2",
        "another type of element was expected here",
        "encode the certificate as RFC 5280 4.1 defines it",
    )
    DER_TRAILING = (13, "X.690 8.1", "bytes are left over after the last element", "remove what follows the element")
    DER_BOOLEAN = (14, "X.690 11.1", "a BOOLEAN is neither 00 nor FF", "encode the certificate in DER")
    DER_INTEGER = (
        15,
        "X.690 8.3.2",
        "an INTEGER is empty, not minimal, or out of range",
        "encode the certificate in DER",
    )
    DER_BIT_STRING = (
        16,
        "X.690 11.2",
        "a BIT STRING has unused bits where it may not, or bits set that should be zero",
        "encode the certificate in DER",
    )
    DER_OID = (
        17,
        "X.690 8.19",
        "an OBJECT IDENTIFIER is empty, not minimal, or incomplete",
        "encode the certificate in DER",
    )
    DER_TIME = (
        18,
        "RFC 5280 4.1.2.5",
        "a time is not YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ, or names no such moment",
        "encode the validity in UTC with seconds",
    )
    DER_STRING = (
        19,
        "RFC 5280 4.1.2.4",
        "a string holds what its type does not allow",
        "encode the name in its type's characters",
    )
    DER_EMPTY = (20, "RFC 5280 4", "a list that must have an entry is empty", "leave the empty list out")
    CERT_TOO_LARGE = (21, "", "the certificate is larger than 16 MiB", "send a certificate of a sane size")
    CERT_VERSION = (22, "RFC 5280 4.1.2.1", "the version is not 1, 2 or 3", "issue a version 3 certificate")
    CERT_EXTENSION_REPEATED = (
        23,
        "RFC 5280 4.2",
        "an extension occurs more than once",
        "issue the certificate with each extension once",
    )
    CERT_TOO_MANY_EXTENSIONS = (
        24,
        "",
        "the certificate has more than 64 extensions",
        "issue the certificate with fewer extensions",
    )
    CERT_ALGORITHM_MISMATCH = (
        25,
        "RFC 5280 4.1.1.2",
        "the signed and the unsigned signature algorithm differ",
        "reissue the certificate; one of the two was altered",
    )
    CERT_UNREADABLE = (26, "RFC 5280 4.1", "this is not a certificate that can be read", "look at its encoding fault")
    SAN_MALFORMED = (
        27,
        "RFC 5280 4.2.1.6",
        "a subjectAltName cannot be read",
        "issue the certificate with well-formed names",
    )
    EXTENSION_MALFORMED = (
        28,
        "RFC 5280 4.2",
        "an extension's value cannot be read",
        "issue the certificate with a well-formed extension",
    )
    NAME_RDN_TOO_LARGE = (
        29,
        "",
        "a relative distinguished name has more than 16 attributes",
        "issue the certificate with fewer attributes in one RDN",
    )
    CRL_VERSION = (
        30,
        "RFC 5280 5.1.2.1",
        "the CRL's version is not 1 or 2, or it has extensions and is not version 2",
        "publish a version 2 CRL",
    )
    EVIDENCE_TOO_LARGE = (
        31,
        "",
        "the CRL or OCSP response is larger than 256 MiB, or an OCSP response has more than 1024 certificates",
        "split the CRL by distribution points",
    )
    EVIDENCE_UNREADABLE = (
        32,
        "RFC 5280 5.1, RFC 6960 4.2.1",
        "this is not a CRL or OCSP response that can be read",
        "look at its encoding fault",
    )
    ALGORITHM_UNKNOWN = (
        40,
        "RFC 5280 6.1.3 (a)(1)",
        "the algorithm is not known",
        "use an algorithm of docs/standards.md",
    )
    ALGORITHM_NOT_ALLOWED = (
        41,
        "RFC 5280 6.1.3 (a)(1)",
        "the policy does not allow this algorithm",
        "have it reissued with an algorithm that the policy lists",
    )
    ALGORITHM_PARAMETERS = (
        42,
        "RFC 4055 3, RFC 5758 3.2",
        "the algorithm's parameters are missing, superfluous, or not ones in use",
        "have it reissued with the standard parameters",
    )
    ALGORITHM_KEY_MISMATCH = (
        43,
        "RFC 5280 6.1.4 (d)",
        "the issuer's key cannot have made this kind of signature",
        "look for the issuer with the right kind of key",
    )
    KEY_TOO_SMALL = (
        44,
        "CA/B BR 6.1.5",
        "the RSA key is smaller than the policy allows",
        "use a key of at least 2048 bits",
    )
    KEY_TOO_LARGE = (45, "", "the RSA key is larger than 8192 bits", "use a smaller key")
    KEY_MODULUS = (46, "RFC 8017 3.1", "the RSA modulus is even", "generate a sound key")
    KEY_EXPONENT = (47, "CA/B BR 6.1.6", "the RSA exponent is even, 1, or 2^33 or more", "use 65537")
    KEY_CURVE = (
        48,
        "RFC 5480 2.1.1",
        "the curve is not P-256, P-384 or P-521 by name",
        "use one of the three named curves",
    )
    KEY_POINT = (
        49,
        "RFC 5480 2.2",
        "the public point is not uncompressed, or has the wrong length",
        "encode the point uncompressed",
    )
    KEY_LENGTH = (
        50,
        "RFC 9881 4, RFC 3279 2.3.2",
        "the public key has the wrong length, or lies outside its range",
        "generate a sound key",
    )
    SIGNATURE_BAD = (
        60,
        "RFC 5280 6.1.3 (a)(1)",
        "the signature was not made with the issuer's key over these bytes",
        "look for the issuer with the right key; if there is none, the certificate was altered or forged",
    )
    SIGNATURE_UNSUPPORTED = (
        61,
        "RFC 5280 6.1.3 (a)(1)",
        "this machine cannot check such a signature",
        "install a libcrypto that can",
    )
    SIGNATURE_NOT_CHECKED = (
        62,
        "RFC 5280 6.1.3 (a)(1)",
        "the signature engine failed, so nothing is known of the signature",
        "look at the log of the engine",
    )
    EXPIRED = (
        80,
        "RFC 5280 6.1.3 (a)(2)",
        "the certificate has expired",
        "renew it; if it is an intermediate, send its successor",
    )
    NOT_YET_VALID = (
        81,
        "RFC 5280 6.1.3 (a)(2)",
        "the certificate is not valid yet",
        "check the clock; otherwise wait, or use the certificate before it",
    )
    NOT_VALID_AT_ISSUANCE = (
        82,
        "RFC 5280 6.1.3 (a)(2)",
        "the issuer was not valid when the certificate below it was issued",
        "look for the issuer's certificate of that time",
    )
    TIME_UNSET = (83, "", "no time was given to judge by", "give a time, or say that none is known")
    NO_ISSUER = (
        84,
        "RFC 5280 6.1.3 (a)(4)",
        "no anchor and no certificate at hand has the issuer's name",
        "send the missing intermediate, or trust its root",
    )
    NOT_A_CA = (85, "RFC 5280 6.1.4 (k)", "the issuer is not a CA certificate", "have it issued by a CA")
    NO_CERT_SIGN = (
        86,
        "RFC 5280 6.1.4 (n)",
        "the issuer's keyUsage lacks keyCertSign",
        "reissue the CA certificate with keyCertSign",
    )
    PATH_LEN_EXCEEDED = (
        87,
        "RFC 5280 6.1.4 (m)",
        "more intermediates follow than the pathLenConstraint allows",
        "issue from a CA that is allowed to",
    )
    TOO_MANY_INTERMEDIATES = (
        88,
        "RFC 5280 6.1",
        "the path has more intermediates than the policy allows",
        "raise max_intermediates, or use a shorter path",
    )
    LOOP = (89, "RFC 4158 5.2", "the same name and key are on the path already", "nothing: another path is tried")
    UNKNOWN_CRITICAL_EXTENSION = (
        90,
        "RFC 5280 6.1.4 (o), 6.1.5 (f)",
        "a critical extension is not known",
        "reissue without it, or not critical",
    )
    POLICY_UNSUPPORTED = (
        91,
        "RFC 5280 6.1.4 (i)",
        "the certificate demands policy processing, which is not built in",
        "use a build with policy processing",
    )
    EKU_MISMATCH = (
        92,
        "RFC 5280 4.2.1.12",
        "the certificate may not be used for this purpose",
        "issue it with the purpose's extended key usage",
    )
    NC_EXCLUDED = (
        93,
        "RFC 5280 6.1.3 (c)",
        "a name lies in a subtree that a CA above excludes",
        "issue it from a CA that may use this name",
    )
    NC_NOT_PERMITTED = (
        94,
        "RFC 5280 6.1.3 (b)",
        "a name lies outside the subtrees that a CA above permits",
        "issue it from a CA that may use this name",
    )
    NC_MALFORMED = (
        95,
        "RFC 5280 4.2.1.10",
        "a name constraint cannot be read",
        "reissue the CA certificate with well-formed constraints",
    )
    NC_UNSUPPORTED = (
        96,
        "RFC 5280 4.2.1.10",
        "a constraint on this form of name cannot be judged, and such a name is there",
        "leave such names out below this CA",
    )
    SAN_MISSING = (
        97,
        "RFC 9525 6.1",
        "the certificate names nobody in subjectAltName",
        "issue it with a subjectAltName; the common name is not read",
    )
    SUBJECT_MISMATCH = (
        98,
        "RFC 9525 6.2",
        "no subjectAltName is the name that was asked for",
        "connect by a name of the certificate, or issue it with this one",
    )
    SUBJECT_UNSET = (
        99,
        "RFC 9525 6.1",
        "no valid name was given to compare with",
        "say whom the certificate must name, or AnySubject()",
    )
    ANCHOR_UNUSABLE = (
        100,
        "RFC 5914",
        "the trust anchor is incomplete",
        "build it from a certificate, or from name and key",
    )
    ANCHOR_EXPIRED = (
        101,
        "RFC 5280 6.2",
        "the trust anchor's validity has ended",
        "rotate the root: trust its successor",
    )
    ANCHOR_NOT_YET_VALID = (102, "RFC 5280 6.2", "the trust anchor's validity has not begun", "check the clock")
    ANCHOR_DISTRUSTED = (
        103,
        "RFC 5914",
        "the trust anchor is distrusted for certificates issued after its date",
        "have it reissued under another root",
    )
    REVOCATION_UNSUPPORTED = (
        104,
        "RFC 5280 6.3",
        "revocation was asked for, which is not built in",
        "use a build with revocation",
    )
    HOOK_REFUSED = (105, "", "a hook of the policy refused this path", "ask the hook")
    POLICY_UNUSABLE = (
        106,
        "",
        "the policy is incomplete: profile, purpose, anchor checks or algorithms are not set",
        "use a preset",
    )
    PROFILE_UNSUPPORTED = (107, "", "this profile is not built in", "use another profile, or a build that has it")
    ROOT_NOT_TRUSTED = (
        109,
        "RFC 5280 6.1.1 (d)",
        "the path ends at a self-signed certificate that no anchor stands for",
        "trust this root if it is yours, or send a path to a root that is trusted",
    )
    KEY_USAGE_PURPOSE = (
        108,
        "RFC 5280 4.2.1.12",
        "keyUsage does not allow what the purpose needs",
        "reissue it with digitalSignature",
    )
    INPUT_UNREADABLE = (
        110,
        "",
        "what was handed in is no list of certificates",
        "hand in DER certificates, the target first, or PEM",
    )
    POLICY_REQUIRED = (
        112,
        "RFC 5280 6.1.3 (f), 6.1.5 (g); RFC 9618 5",
        "an explicit certificate policy is required, and none is valid along the path",
        "use a path whose certificates assert the policy, or ask for one that they assert",
    )
    POLICY_MAPPING_ANY = (
        111,
        "RFC 5280 6.1.4 (a)",
        "a policy mapping speaks of anyPolicy",
        "reissue the CA certificate without it",
    )
    REVOKED = (
        113,
        "RFC 5280 6.3.3",
        "the certificate is revoked",
        "replace the certificate; never use its key again if it was compromised",
    )
    REVOCATION_UNKNOWN = (
        114,
        "RFC 5280 6.1.3 (a)(3), 6.3.3",
        "no evidence at hand tells whether the certificate is revoked",
        "hand in a current CRL of its issuer, or an OCSP response on it",
    )
    EVIDENCE_STALE = (
        115,
        "RFC 5280 6.3.3 (a)(1), RFC 6960 4.2.2.1",
        "its nextUpdate has passed, is missing, or it is older than the policy allows",
        "fetch the current one",
    )
    EVIDENCE_NOT_YET_VALID = (
        116,
        "RFC 5280 5.1.2.4, RFC 6960 4.2.2.1",
        "its thisUpdate or producedAt lies in the future",
        "check the clock",
    )
    EVIDENCE_SIGNER = (
        117,
        "RFC 5280 6.3.3 (f), RFC 6960 4.2.2.2",
        "nobody who may speak for the certificate's issuer signed it, as far as the certificates at hand show",
        "hand in the certificate of its signer; it needs a path to the same trust anchor",
    )
    EVIDENCE_CRITICAL = (
        118,
        "RFC 5280 5.2, 5.3, RFC 6960 4.4",
        "a critical extension of it is not known",
        "publish it without",
    )
    EVIDENCE_SCOPE = (
        119,
        "RFC 5280 6.3.3 (b)",
        "its distribution point, kind of certificates or issuer is not the certificate's",
        "hand in the CRL of the certificate's distribution point",
    )
    CRL_NO_CRL_SIGN = (120, "RFC 5280 6.3.3 (f)", "its signer's keyUsage lacks cRLSign", "sign it with a key that may")
    CRL_REASONS = (
        121,
        "RFC 5280 6.3.3 (e), (l)",
        "the CRLs at hand do not cover all reasons of revocation",
        "hand in the CRLs for the other reasons",
    )
    CRL_NO_BASE = (
        122,
        "RFC 5280 5.2.4, 6.3.3 (c)",
        "a delta CRL has no complete CRL at hand that it builds upon",
        "hand in its complete CRL",
    )
    OCSP_UNSUCCESSFUL = (123, "RFC 6960 4.2.1", "the responder did not answer the question", "ask again")
    OCSP_UNKNOWN = (
        124,
        "RFC 6960 2.2",
        "the responder does not know the certificate",
        "ask the responder that its issuer names",
    )
    OCSP_RESPONDER = (
        125,
        "RFC 6960 4.2.2.2",
        "the responder's certificate does not stand under the certificate's issuer for OCSP signing",
        "hand in the responder's certificate",
    )
    CRL_FORM = (
        127,
        "RFC 5280 5.1.2, 5.2",
        "the CRL is not version 2, lacks what every CRL must have, or an extension has the wrong criticality",
        "publish a CRL that follows RFC 5280, or use DEVICE",
    )
    EVIDENCE_DEPTH = (
        126,
        "",
        "CRL signers hang on CRL signers deeper than is followed",
        "publish CRLs that are signed by the key that issues",
    )
    RULE_SERIAL_NEGATIVE = (
        130,
        "RFC 5280 4.1.2.2",
        "the serial number is negative",
        "reissue it with a positive serial number",
    )
    RULE_SERIAL_ZERO = (
        131,
        "RFC 5280 4.1.2.2",
        "the serial number is zero",
        "reissue it with a positive serial number",
    )
    RULE_SERIAL_TOO_LONG = (
        132,
        "RFC 5280 4.1.2.2",
        "the serial number has more than 20 octets",
        "reissue it with a shorter serial number",
    )
    RULE_EXPLICIT_DEFAULT = (133, "X.690 11.5", "a DEFAULT value is written out", "encode the certificate in DER")
    RULE_TIME_ENCODING = (134, "RFC 5280 4.1.2.5", "a date before 2050 is a GeneralizedTime", "encode it as UTCTime")
    RULE_VERSION = (
        135,
        "RFC 5280 4.1.2.1",
        "a version has fields that it does not know",
        "issue a version 3 certificate",
    )
    RULE_SET_ORDER = (
        136,
        "X.690 11.6",
        "the elements of a multi-valued RDN are not in order",
        "encode the certificate in DER",
    )
    RULE_UNIQUE_ID = (137, "RFC 5280 4.1.2.8", "a unique identifier is there", "reissue it without")
    RULE_EMPTY_EXTENSIONS = (138, "RFC 5280 4.2", "the list of extensions is empty", "reissue it without the list")
    RULE_PATH_LEN_NOT_CA = (
        139,
        "RFC 5280 4.2.1.9",
        "a pathLenConstraint stands in a certificate that is not a CA's",
        "reissue it without",
    )
    RULE_KEY_USAGE_EMPTY = (140, "RFC 5280 4.2.1.3", "keyUsage has no bit set", "reissue it with its uses")
    RULE_KEY_PARAMETERS = (141, "RFC 3279 2.3.1", "the RSA parameters NULL are missing", "reissue it with them")
    RULE_DIRECTORY_STRING = (
        142,
        "RFC 5280 4.1.2.4",
        "a name holds a character that its string type does not have",
        "reissue it with UTF8String",
    )
    RULE_SAN_NOT_CRITICAL = (
        143,
        "RFC 5280 4.2.1.6",
        "the subject is empty and subjectAltName is missing or not critical",
        "reissue it with a critical subjectAltName",
    )
    RULE_CERT_SIGN_NOT_CA = (
        144,
        "RFC 5280 4.2.1.9",
        "keyUsage has keyCertSign, and the certificate is not a CA's",
        "reissue it without keyCertSign",
    )
    RULE_CA_EMPTY_SUBJECT = (145, "RFC 5280 4.1.2.6", "a CA certificate has an empty subject", "reissue it with a name")
    RULE_CA_NOT_CRITICAL = (146, "RFC 5280 4.2.1.9", "basicConstraints of a CA is not critical", "reissue it critical")
    RULE_AUTHORITY_KEY_ID = (
        147,
        "RFC 5280 4.2.1.1",
        "authorityKeyIdentifier, or the keyIdentifier in it, is missing",
        "reissue it with the issuer's key identifier; only a self-signed certificate needs none",
    )
    RULE_SUBJECT_KEY_ID = (
        148,
        "RFC 5280 4.2.1.2",
        "a CA certificate has no subjectKeyIdentifier",
        "reissue the CA certificate with one",
    )
    RULE_KEY_USAGE_MISSING = (
        149,
        "RFC 5280 4.2.1.3",
        "a CA certificate has no keyUsage",
        "reissue the CA certificate with keyCertSign",
    )
    RULE_NC_NOT_CRITICAL = (
        150,
        "RFC 5280 4.2.1.10",
        "nameConstraints is not critical",
        "reissue the CA certificate with it critical",
    )
    RULE_NC_NOT_CA = (
        151,
        "RFC 5280 4.2.1.10",
        "nameConstraints stands in a certificate that is not a CA's",
        "reissue it without",
    )
    RULE_KEY_ID_CRITICAL = (152, "RFC 5280 4.2.1.1, 4.2.1.2", "a key identifier is critical", "reissue it not critical")
    RULE_ISSUER_EMPTY = (153, "RFC 5280 4.1.2.4", "the issuer's name is empty", "reissue it with its issuer's name")
    RULE_PATH_LEN_NO_SIGN = (
        154,
        "RFC 5280 4.2.1.9",
        "a pathLenConstraint stands beside a keyUsage without keyCertSign",
        "reissue the CA certificate with keyCertSign, or without the constraint",
    )
    RULE_SAN_CRITICAL = (
        155,
        "RFC 5280 4.2.1.6",
        "subjectAltName is critical although there is a subject",
        "reissue it not critical",
    )
    RULE_SAN_SYNTAX = (
        156,
        "RFC 5280 4.2.1.6",
        "a subjectAltName is no host name, mailbox, URI or address by its form",
        "reissue it with well-formed names",
    )
    RULE_POLICY_REPEATED = (
        157,
        "RFC 5280 4.2.1.4",
        "a certificate policy occurs more than once",
        "reissue it with each policy once",
    )
    RULE_PC_NOT_CRITICAL = (
        158,
        "RFC 5280 4.2.1.11",
        "policyConstraints is not critical",
        "reissue the CA certificate with it critical",
    )
    RULE_INHIBIT_ANY_NOT_CRITICAL = (
        159,
        "RFC 5280 4.2.1.14",
        "inhibitAnyPolicy is not critical",
        "reissue the CA certificate with it critical",
    )
    RULE_AKI_HALF = (
        160,
        "RFC 5280 4.2.1.1",
        "authorityKeyIdentifier has only one of authorityCertIssuer and authorityCertSerialNumber",
        "reissue it with both or neither",
    )
    RULE_KEY_USAGE_PADDING = (161, "X.690 11.2.2", "keyUsage ends in zero bits", "encode the certificate in DER")
    BR_VERSION = (180, "CA/B BR 7.1.1", "the certificate is not version 3", "issue a version 3 certificate")
    BR_TARGET_CA = (181, "CA/B BR 7.1.2.7.8", "the target is a CA certificate", "use a server certificate")
    BR_CRL_SIGN = (
        182,
        "CA/B BR 7.1.2.7.11",
        "keyUsage has cRLSign, and the certificate is not a CA's",
        "reissue it without cRLSign",
    )
    BR_KEY = (
        183,
        "CA/B BR 6.1.5, 7.1.3.1",
        "the key is neither RSA nor on P-256, P-384 or P-521",
        "use one of these keys",
    )
    BR_RSA_BITS = (
        184,
        "CA/B BR 6.1.5",
        "the size of the RSA modulus in bits is no multiple of 8",
        "use a modulus of 2048, 3072 or 4096 bits",
    )
    BR_SIGNATURE = (
        185,
        "CA/B BR 7.1.3.2",
        "the signature algorithm is neither RSA nor ECDSA with SHA-256, SHA-384 or SHA-512",
        "have it reissued with one of these",
    )
    BR_ECDSA_HASH = (
        186,
        "CA/B BR 7.1.3.2.2",
        "the hash is not the one that belongs to the issuer's curve",
        "have it reissued with SHA-256 under P-256, SHA-384 under P-384, SHA-512 under P-521",
    )
    BR_AKI_ISSUER = (
        187,
        "CA/B BR 7.1.2.11.1",
        "authorityKeyIdentifier names the issuer's issuer or serial number",
        "reissue it with the key identifier alone",
    )
    BR_ROOT_AKI = (
        188,
        "CA/B BR 7.1.2.1.3",
        "a root's authorityKeyIdentifier is not its own subjectKeyIdentifier",
        "use a root whose key identifiers agree",
    )
    BR_ROOT_EKU = (189, "CA/B BR 7.1.2.1.2", "a root has an extKeyUsage", "use a root without")
    BR_EKU_MISSING = (
        190,
        "CA/B BR 7.1.2.7.10",
        "the server certificate has no extKeyUsage",
        "reissue it with serverAuth",
    )
    BR_EKU_ANY = (
        191,
        "CA/B BR 7.1.2.7.10",
        "the server certificate has anyExtendedKeyUsage",
        "reissue it with serverAuth",
    )
    BR_SAN_MISSING = (192, "CA/B BR 7.1.2.7.12", "the server certificate has no subjectAltName", "reissue it with one")
    BR_SAN_FORM = (
        193,
        "CA/B BR 7.1.2.7.12",
        "subjectAltName has names that are neither dNSName nor iPAddress",
        "reissue it without these",
    )
    BR_COMMON_NAME = (
        194,
        "CA/B BR 7.1.4.3",
        "the common name is not, character for character, one of the subjectAltNames, or there are several",
        "reissue it without the common name",
    )
    BR_PUBLIC_SUFFIX = (
        195,
        "CA/B BR 3.2.2.6",
        "a wildcard stands directly below a public suffix",
        "reissue it with names below a registered domain",
    )
    BR_PUBLIC_SUFFIX_UNKNOWN = (
        196,
        "CA/B BR 3.2.2.6",
        "there is no Public Suffix List at hand to judge the wildcard by",
        "install pyvalidator[web]",
    )
    BR_KEY_USAGE = (
        197,
        "CA/B BR 7.1.2.7.11",
        "keyUsage does not suit a server's kind of key",
        "reissue it with digitalSignature alone",
    )
    BR_EKU_FOREIGN = (
        198,
        "CA/B BR 7.1.2.7.10",
        "extKeyUsage has a purpose that a server's certificate must not have",
        "reissue it with serverAuth alone",
    )
    BR_LABEL = (
        199,
        "CA/B BR 7.1.2.7.12",
        "a dNSName has a label with hyphens in its third and fourth place, and it is no xn-- label",
        "reissue it without such names",
    )
    BR_CRITICAL = (
        179,
        "CA/B BR 7.1.2.7.6",
        "extKeyUsage or certificatePolicies is critical",
        "reissue it with both not critical",
    )
    BUDGET_SIGNATURES = (
        200,
        "",
        "the budget for signature checks is spent",
        "raise the budget, or send fewer certificates",
    )
    BUDGET_STEPS = (201, "", "the budget for search steps is spent", "raise the budget, or send fewer certificates")
    BUDGET_NAMES = (
        202,
        "",
        "the budget for name comparisons is spent",
        "raise the budget, or use fewer names and constraints",
    )
    BUDGET_BYTES = (203, "", "the budget for hashed bytes is spent", "raise the budget, or send smaller certificates")
    BUDGET_CERTIFICATES = (204, "", "more certificates were sent than the budget allows", "send fewer certificates")
    BUDGET_POLICY_NODES = (205, "", "the budget for policy nodes is spent", "raise the budget")
    LIMIT_PATH = (206, "", "the path is longer than this build can follow", "use a build with a larger PV_MAX_PATH")


@unique
class Field(Enum):
    """The part of a certificate, or of a path, that a reason speaks of; `text` is its name in the standard."""

    text: str

    def __new__(cls, number: int, text: str = "") -> Field:
        """Make the member of this number; `Field(6)` finds one."""
        member = object.__new__(cls)
        member._value_ = number
        member.text = text
        return member

    NONE = (0, "")
    CERTIFICATE = (1, "Certificate")
    TBS_CERTIFICATE = (2, "tbsCertificate")
    VERSION = (3, "version")
    SERIAL_NUMBER = (4, "serialNumber")
    SIGNATURE_ALGORITHM = (5, "signatureAlgorithm")
    ISSUER = (6, "issuer")
    VALIDITY = (7, "validity")
    SUBJECT = (8, "subject")
    SUBJECT_PUBLIC_KEY = (9, "subjectPublicKeyInfo")
    UNIQUE_ID = (10, "uniqueIdentifier")
    EXTENSIONS = (11, "extensions")
    SIGNATURE = (12, "signatureValue")
    NOT_BEFORE = (13, "notBefore")
    NOT_AFTER = (14, "notAfter")
    TBS_SIGNATURE = (15, "tbsCertificate.signature")
    SUBJECT_KEY_ID = (20, "subjectKeyIdentifier")
    KEY_USAGE = (21, "keyUsage")
    SUBJECT_ALT_NAME = (22, "subjectAltName")
    ISSUER_ALT_NAME = (23, "issuerAltName")
    BASIC_CONSTRAINTS = (24, "basicConstraints")
    NAME_CONSTRAINTS = (25, "nameConstraints")
    CRL_DISTRIBUTION_POINTS = (26, "cRLDistributionPoints")
    CERTIFICATE_POLICIES = (27, "certificatePolicies")
    POLICY_MAPPINGS = (28, "policyMappings")
    AUTHORITY_KEY_ID = (29, "authorityKeyIdentifier")
    POLICY_CONSTRAINTS = (30, "policyConstraints")
    EXTENDED_KEY_USAGE = (31, "extKeyUsage")
    FRESHEST_CRL = (32, "freshestCRL")
    INHIBIT_ANY_POLICY = (33, "inhibitAnyPolicy")
    UNKNOWN_EXTENSION = (34, "extension")
    AUTHORITY_INFO_ACCESS = (35, "authorityInfoAccess")
    SUBJECT_INFO_ACCESS = (36, "subjectInfoAccess")
    REVOKED_CERTIFICATES = (37, "revokedCertificates")
    ISSUING_DISTRIBUTION_POINT = (38, "issuingDistributionPoint")
    CRL_NUMBER = (39, "cRLNumber")
    PATH = (40, "path")
    ANCHOR = (41, "trust anchor")
    REQUEST = (42, "request")
    REVOCATION = (43, "revocation")
    CERTIFICATE_LIST = (44, "CertificateList")
    TBS_CERT_LIST = (45, "tbsCertList")
    THIS_UPDATE = (46, "thisUpdate")
    NEXT_UPDATE = (47, "nextUpdate")
    DELTA_CRL_INDICATOR = (48, "deltaCRLIndicator")
    REASON_CODE = (49, "reasonCode")
    INVALIDITY_DATE = (50, "invalidityDate")
    CERTIFICATE_ISSUER = (51, "certificateIssuer")
    OCSP_RESPONSE = (52, "OCSPResponse")
    RESPONSE_DATA = (53, "tbsResponseData")
    RESPONDER_ID = (54, "responderID")
    PRODUCED_AT = (55, "producedAt")
    SINGLE_RESPONSE = (56, "SingleResponse")
    CERT_STATUS = (57, "certStatus")
    OCSP_CERTIFICATES = (58, "certs")
