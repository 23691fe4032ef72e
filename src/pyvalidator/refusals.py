"""What `Validator.verify` raises, and nothing else does: the chain is not trusted, and the verdict says why."""

from __future__ import annotations

from .errors import PyvalidatorError
from .verdict import Verdict


class ValidationError(PyvalidatorError):
    """The chain is not trusted. `verdict` says why."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict)
        self.verdict = verdict

    def _text(self) -> str:
        return self.verdict.headline


class Refused(ValidationError):
    """There is no valid path to an anchor."""


class Undecided(ValidationError):
    """The budget was spent, or a signature could not be asked about, before an answer was known. Never trust."""
