#!/usr/bin/env python3
"""What a reader that forgets a certificate's bytes would have to keep of it, beside the whole: docs/devices.md.

    python tools/kept_bytes.py FILE...        PEM files of certificates

Kept: both names, the key, the signature, a digest of what is signed, both key identifiers, and of the extensions that
path validation reads again for every path the names, the name constraints and the purposes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from pyvalidator import _core
from pyvalidator.pem import split_pem

#: SHA-256.
DIGEST = 32


def main(arguments: Sequence[str]) -> int:
    """A line for each certificate: its file, its bytes, those that are kept, and their part."""
    if not arguments:
        print(__doc__)
        return 2
    for path in map(Path, arguments):
        for der in split_pem(path.read_bytes()):
            kept = _core.kept_bytes(der) + DIGEST
            print(f"{path.name:36} {len(der):5} {kept:5} {100 * kept // len(der):3} %")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
