"""What several test modules share. Certificates come from pki.py; judged at pki.NOW."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

import pki


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A root, its intermediate, and a leaf named gw.example (and 192.0.2.7) under it."""

    root: pki.Issued
    ca: pki.Issued
    leaf: pki.Issued

    @property
    def chain(self) -> list[bytes]:
        """What a peer sends: the leaf, then the intermediate."""
        return [self.leaf.der, self.ca.der]


def make_hierarchy(prefix: str, **leaf_options: object) -> Hierarchy:
    """A hierarchy whose names and keys begin with `prefix`."""
    root = pki.root(f"{prefix} Root")
    ca = root.ca(f"{prefix} CA")
    options = {"dns": ["gw.example"], "ip": ["192.0.2.7"]} | leaf_options
    return Hierarchy(root, ca, ca.leaf(f"{prefix} leaf", **options))


@pytest.fixture(scope="session")
def simple() -> Hierarchy:
    """The plain case: everything is good at pki.NOW."""
    return make_hierarchy("Simple")


@pytest.fixture(scope="session")
def stranger() -> Hierarchy:
    """The same again under another root that nobody trusts."""
    return make_hierarchy("Stranger")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of public test data that is not part of the project, named by PYVALIDATOR_DATA."""
    folder = os.environ.get("PYVALIDATOR_DATA")
    if not folder:
        pytest.skip(
            "PYVALIDATOR_DATA is not set: a folder with limbo-open.json.xz (cases of github.com/C2SP/x509-limbo), "
            "pkits.json (NIST PKITS) and letsencrypt/ (letsencrypt.org/certificates)"
        )
    return Path(folder)
