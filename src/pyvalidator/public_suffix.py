"""Which wildcards stand directly below a public suffix (CA/B BR 3.2.2.6): a question for a list, not for code.

The list is that of publicsuffix.org, its ICANN section alone (what a registry controls), as the `publicsuffixlist`
package carries it: the extra `pyvalidator[web]`. Without it every wildcard is refused, and the refusal says so.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any, Final

from .certificate import Certificate
from .names import DNSPattern
from .reasons import Reason

_LOGGER: Final = logging.getLogger("pyvalidator")


@lru_cache(maxsize=1)
def _list() -> Any:
    try:
        from publicsuffixlist import PublicSuffixList
    except ImportError:
        _LOGGER.warning("no Public Suffix List: wildcards are refused under WEBPKI; install pyvalidator[web]")
        return None
    return PublicSuffixList(only_icann=True)


def is_public_suffix(name: str) -> bool:
    """Whether anyone may register names below this one. A name of an unknown top-level domain counts as one label.

    Raises LookupError if there is no list.
    """
    suffixes = _list()
    if suffixes is None:
        raise LookupError("publicsuffixlist is not installed")
    return bool(suffixes.publicsuffix(name.lower()) == name.lower())


def judge_wildcards(der: bytes) -> Reason | None:
    """Why the wildcards of a certificate cannot stand; None: they can."""
    for name in Certificate(der).subject_alt_names:
        if not isinstance(name, DNSPattern) or not name.value.startswith("*."):
            continue
        try:
            if is_public_suffix(name.value.removeprefix("*.")):
                return Reason.BR_PUBLIC_SUFFIX
        except LookupError:
            return Reason.BR_PUBLIC_SUFFIX_UNKNOWN
    return None
