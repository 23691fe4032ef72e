#!/usr/bin/env python3
"""Runs the example's image and holds what it prints against what is expected.

    run.py EXPECTED LAST TIMEOUT COMMAND...

Every line of the file EXPECTED must be printed, in this order, then the line LAST, and nothing else but lines that
begin with "#", and at last "done". An expected word may be several with "|" between them. Exit status 1: it was
otherwise.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def fits(line: str, expected: str) -> bool:
    """Whether a line is the expected one."""
    words, wanted = line.split(), expected.split()
    return len(words) == len(wanted) and all(a in b.split("|") for a, b in zip(words, wanted, strict=True))


def differences(printed: Sequence[str], expected: Sequence[str]) -> list[str]:
    """In words, where there are any."""
    told = [
        f"printed: {line!r}, expected: {wanted!r}"
        for line, wanted in zip(printed, expected, strict=False)
        if not fits(line, wanted)
    ]
    if len(printed) != len(expected):
        told.append(f"{len(printed)} lines were printed, {len(expected)} expected")
    return told


def run(command: Sequence[str], timeout: float) -> tuple[list[str], int | str]:
    """What the command prints (QEMU prints what it hears by semihosting on standard error), and its exit status, or
    that it did not end."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    try:
        ended = subprocess.run(command, **pipes, text=True, timeout=timeout, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as late:
        text = late.stdout or b""
        return text.decode(errors="replace").splitlines(), f"it did not end within {timeout} s"
    return ended.stdout.splitlines(), ended.returncode


def main(arguments: Sequence[str]) -> int:
    """The command; its exit status."""
    expected, last, timeout, *command = arguments
    printed, status = run(command, float(timeout))
    print("\n".join(printed))
    wanted = [*Path(expected).read_text(encoding="ascii").splitlines(), last, "done"]
    told = differences([line for line in printed if not line.startswith("#")], wanted)
    if status != 0:
        told.append(f"exit status: {status}")
    print("\n".join(told) or f"{len(wanted) - 2} verdicts, all as expected")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
