"""How large the core is on a microcontroller: code, data, stack, and the memory that a caller lends.

    python tools/device_footprint.py             the table
    python tools/device_footprint.py --json      the same for programs
    python tools/device_footprint.py --check     fail unless every figure is that of tools/device_budget.json: none more
                                                 than 3 % above it, and none so far below it that it says nothing
    python tools/device_footprint.py --write     record the figures there

The amalgamation (tools/amalgamate.py) is built with -Os and linked with a program that parses certificates and asks
pv_validate about them; what that does not need is left out by the linker (--gc-sections). The program itself is not
counted, and the checker's cryptography is not there. The compiler's helpers (libgcc) and mem* are counted as code.

Stack is what -fstack-usage says of each function, added up along the calls that the compiler saw. Recursion, frames of
no fixed size, and calls through pointers whose targets this file does not list fail. The checker's own stack is not in
it: `checker at` is the depth at which it is entered.

Caller memory is the views of the certificates and the pointers to them, the request and the workspace under the budget
named below. The DER is not copied: it stays where the caller has it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import amalgamate

RECORD = Path(__file__).resolve().parent / "device_budget.json"

#: How far a figure may stand above its record, and how far below before the record is to be renewed.
GROWTH, SLACK = 1.03, 0.97

#: By target, configuration and name.
Figures = dict[str, dict[str, dict[str, int]]]

#: The budget that the workspace is computed for: signature units (16 checks by P-256 keys) and policy nodes.
SIGNATURES, POLICY_NODES = 128, 32


@dataclass(frozen=True)
class Target:
    """A processor, and what compiles for it."""

    prefix: str
    package: str
    flags: tuple[str, ...]
    link: tuple[str, ...]


ARM = ("arm-none-eabi-", "gcc-arm-none-eabi libnewlib-arm-none-eabi")
RISCV = ("riscv64-unknown-elf-", "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf")
NANO = ("--specs=nano.specs",)
TARGETS = {
    "cortex-m4": Target(*ARM, ("-mcpu=cortex-m4", "-mthumb"), NANO),
    "cortex-m0plus": Target(*ARM, ("-mcpu=cortex-m0plus", "-mthumb"), NANO),
    "rv32imc": Target(*RISCV, ("-march=rv32imc", "-mabi=ilp32", "-msmall-data-limit=0", "--specs=picolibc.specs"), ()),
}

#: Device rules, RSA (PKCS #1), ECDSA and Ed25519, DNS names and directory names; paths of six certificates.
DEVICE = (
    "-DPV_SMALL",
    "-DPV_PROFILES=PV_WITH_DEVICE",
    "-DPV_ALGORITHMS=(PV_WITH_RSA_PKCS1|PV_WITH_ECDSA|PV_WITH_ED25519)",
    "-DPV_NAMES=(PV_WITH_DNS|PV_WITH_DIRECTORY_NAME)",
    "-DPV_NO_CRL",
    "-DPV_NO_OCSP",
    "-DPV_NO_POLICIES",
    "-DPV_NO_POOL",
    "-DPV_NO_LOG",
    "-DPV_NO_NOTES",
    "-DPV_MAX_PATH=6",
    "-DPV_MAX_REQUESTS=1u",
    "-DPV_MAX_DUE=1",
    "-DPV_MAX_SIGNATURES=16u",
)


def without(*options: str) -> tuple[str, ...]:
    """The device's options but for these."""
    return tuple(option for option in DEVICE if option not in options)


CONFIGURATIONS = {
    "base": DEVICE,
    "policies": without("-DPV_NO_POLICIES"),
    "crl": without("-DPV_NO_POLICIES", "-DPV_NO_CRL"),
    "full": (),
}

COMPILE = ("-std=c99", "-Os", "-ffunction-sections", "-fdata-sections", "-fno-asynchronous-unwind-tables", "-w")

#: The program: what a firmware does with the core, and nothing else.
PROGRAM = """
#include "pyvalidator.h"

extern const pv_policy policy;
extern const pv_store store;
extern const pv_subject subject;
extern const pv_checker checker;
extern pv_time now;

int device_validate(const pv_span *der, pv_cert *certs, const pv_cert **list, uint32_t num, void *workspace,
                    size_t len) {
    pv_request request = {0};
    for (uint32_t i = 0; i < num; i++) {
        pv_fault fault;
        if (pv_cert_parse(&certs[i], &fault, der[i]) != PV_OK) return 0;
        list[i] = &certs[i];
    }
    request.certs = list;
    request.num_certs = num;
    request.store = &store;
    request.policy = &policy;
    request.subject = subject;
    request.time = now;
    if (pv_validate(workspace, len, &request, 1, &checker) != PV_DONE) return 0;
    return request.verdict.outcome == PV_OUTCOME_TRUSTED;
}
"""

#: What the program names but does not have: it lies at no address that matters.
ABSENT = ("policy", "store", "subject", "checker", "now")

#: Sizes as arrays: their symbols tell them without running anything.
SIZES = f"""
#include "pyvalidator.c"

const char size_certificate[sizeof(pv_cert)] = {{0}};
const char size_pointer[sizeof(pv_cert *)] = {{0}};
const char size_request[sizeof(pv_request)] = {{0}};
const char size_workspace_2[PV_WORKSPACE_BYTES(2, {SIGNATURES}, {POLICY_NODES})] = {{0}};
const char size_workspace_8[PV_WORKSPACE_BYTES(8, {SIGNATURES}, {POLICY_NODES})] = {{0}};
"""

#: Calls through pointers, by their text in the source, and the functions that they may reach.
CHECKER = "the checker"
POINTERS = {
    r"checker->check\(": (CHECKER,),
    r"checker->digest\(": (CHECKER,),
    r"\bhash\(entries, ": ("hash_of_anchor", "hash_of_cert"),
    r"proofs\.edge\(": ("signers_ask_edge",),
    r"proofs\.signer\(": ("signers_ask_signer",),
}


def fail(text: str) -> SystemExit:
    """What ends the program with a message."""
    return SystemExit(f"device_footprint: {text}")


def run(*command: str, cwd: Path) -> str:
    """A tool's output; its own words if it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise fail(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout


def check_compiler(target: Target) -> None:
    """Fails if the target's compiler or its C library is not there."""
    compiler = f"{target.prefix}gcc"
    if shutil.which(compiler) is None:
        raise fail(f"{compiler} is missing: apt-get install {target.package}")
    probe = [compiler, *target.flags, *target.link, "-x", "c", "-E", "-"]
    done = subprocess.run(probe, input="#include <string.h>\n", capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise fail(f"{compiler} has no C library: apt-get install {target.package}\n{done.stderr}")


# --- Sizes ---

#: Input sections of the map: their name and, maybe on the next line, address, size and file.
SECTION = re.compile(r"^ (\.\S+|COMMON)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S+)$", re.MULTILINE)


def kind_of(section: str) -> str:
    """What of a device's memory a section takes; "" for what is not loaded."""
    for kind, heads in {
        "code": (".text", ".init", ".fini"),
        "constants": (".rodata", ".srodata", ".eh_frame", ".ARM.ex"),
        "writable": (".data", ".sdata", ".bss", ".sbss", "COMMON", ".tdata", ".tbss"),
    }.items():
        if section.startswith(heads):
            return kind
    return ""


def sizes_of(link_map: str) -> dict[str, int]:
    """Code, constants and writable bytes of the core, and the shares of libgcc and mem* in the code."""
    sizes = {"code": 0, "constants": 0, "writable": 0, "libgcc": 0, "mem": 0}
    body = link_map[link_map.index("Linker script and memory map") :]
    for section, address, size, file in SECTION.findall(re.sub(r"^( \.\S+)\n +0x", r"\1 0x", body, flags=re.MULTILINE)):
        kind, octets = kind_of(section), int(size, 16)
        if kind == "" or int(address, 16) == 0 or octets == 0 or file.endswith("program.o"):
            continue
        sizes[kind] += octets
        if "libgcc" in file:
            sizes["libgcc"] += octets
        elif not file.endswith("pyvalidator.o"):
            sizes["mem"] += octets
    return sizes


def symbol_sizes(table: str) -> dict[str, int]:
    """The sizes of the arrays of SIZES."""
    rows = (line.split() for line in table.splitlines())
    return {
        row[3].removeprefix("size_"): int(row[1], 16) for row in rows if len(row) == 4 and row[3].startswith("size_")
    }


# --- Stack ---

NODE = re.compile(r'^node: \{ title: "([^"]+)" label: "([^"]+)"', re.MULTILINE)
EDGE = re.compile(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"(?: label: "([^"]+)")?', re.MULTILINE)
FRAME = re.compile(r"\\n(\d+) bytes \(([a-z,]+)\)")
#: Pushes and subtractions of the linked program's helpers, whose sources are not ours to compile.
PUSH = re.compile(r"\tpush\s+\{([^}]*)\}|\t(?:sub\s+sp, (?:sp, )?#|addi?\s+sp,\s?sp,-)(\d+)")
CALLS = re.compile(r"\t(?:bl|jal|b\.w|b\.n|j|b)\s+(?:ra,)?[0-9a-f]+ <([^+>]+)>")


@dataclass
class Calls:
    """The call graph: frames by function, and whom each calls."""

    frames: dict[str, int] = field(default_factory=dict)
    callees: dict[str, list[str]] = field(default_factory=dict)


def plain(name: str) -> str:
    """A function's name without its file, and without what the compiler appends to a copy of it."""
    return name.rpartition(":")[2].split(".")[0]


def reached(line: str, graph: Calls, place: str) -> list[str]:
    """The functions that a call through a pointer may reach, by the text of the call."""
    for pattern, targets in POINTERS.items():
        if re.search(pattern, line) is None:
            continue
        if targets == (CHECKER,):
            return [CHECKER]
        found = [node for node in graph.frames if plain(node) in targets]
        if found:
            return found
    raise fail(f"{place}: a call through a pointer that the tool does not know: {line.strip()}")


def read_calls(text: str, source: list[str]) -> Calls:
    """The call graph of -fcallgraph-info=su."""
    graph = Calls()
    for title, label in NODE.findall(text):
        frame = FRAME.search(label)
        if frame is not None:
            if frame[2] != "static":
                raise fail(f"{title}: a frame of no fixed size ({frame[2]})")
            graph.frames[title] = int(frame[1])
    for caller, callee, place in EDGE.findall(text):
        targets = [callee]
        if callee == "__indirect_call":
            targets = reached(source[int(place.split(":")[1]) - 1], graph, place)
        graph.callees.setdefault(caller, []).extend(targets)
    return graph


def add_aliases(graph: Calls, table: str, prefix: str) -> None:
    """Functions that are the same as another: one body, several names at one address."""
    places: dict[str, list[str]] = {}
    for row in map(str.split, table.splitlines()):
        if len(row) == 3 and row[1] in "tTwW":
            places.setdefault(row[0], []).append(row[2])
    known = {node.rpartition(":")[2]: node for node in graph.frames}
    for names in places.values():
        bodies = [known[name] for name in names if name in known]
        for name in names:
            if bodies and name not in known:
                graph.frames[prefix + name] = 0
                graph.callees[prefix + name] = bodies[:1]


def helper_frames(listing: str) -> Calls:
    """Frames and calls of functions that were linked in, read from their instructions."""
    graph = Calls()
    for name, lines in re.findall(r"^[0-9a-f]+ <([^>]+)>:\n((?:.+\n)+)", listing, re.MULTILINE):
        octets = 0
        for registers, constant in PUSH.findall(lines):
            octets += int(constant) if constant else 4 * count_registers(registers)
        graph.frames[name] = octets
        graph.callees[name] = [callee for callee in CALLS.findall(lines) if callee != name]
    return graph


def count_registers(text: str) -> int:
    """How many registers "r4, r6-r8, lr" are."""
    total = 0
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        total += int(last[1:]) - int(first[1:]) + 1 if last else 1
    return total


def depths(graph: Calls, helpers: Calls, root: str) -> tuple[int, int, list[str]]:
    """The deepest stack under `root`, the depth at which the checker is entered, and the deepest path."""
    known: dict[str, tuple[int, int, list[str]]] = {CHECKER: (0, 0, [])}
    absent = -1_000_000  # a function that does not lead to the checker

    def visit(node: str, above: tuple[str, ...]) -> tuple[int, int, list[str]]:
        if node in above:
            raise fail(f"recursion: {' > '.join((*above[above.index(node) :], node))}")
        if node in known:
            return known[node]
        where = graph if node in graph.frames else helpers
        if node not in where.frames:
            raise fail(f"nothing is known of the stack of {node}")
        below = [visit(callee, (*above, node)) for callee in where.callees.get(node, [])]
        deepest = max(below, key=lambda each: each[0], default=(0, absent, []))
        checker = max((each[1] for each in below), default=absent)
        frame = where.frames[node]
        known[node] = (frame + deepest[0], frame + checker, [node, *deepest[2]])
        return known[node]

    known[CHECKER] = (0, 0, [])
    return visit(root, ())


# --- One build ---


def build(target: Target, options: tuple[str, ...], at: Path) -> dict[str, int]:
    """The figures of one configuration on one target."""
    compiler = f"{target.prefix}gcc"
    base = [compiler, *target.flags, *COMPILE, *options]
    run(*base, "-fstack-usage", "-fcallgraph-info=su", "-c", "pyvalidator.c", cwd=at)
    run(*base, "-c", "program.c", cwd=at)
    run(*base, "-O0", "-c", "sizes.c", cwd=at)
    link = [compiler, *target.flags, *target.link, "-nostartfiles", "-Wl,--gc-sections", "-Wl,-e,device_validate"]
    absent = [f"-Wl,--defsym={name}=0x20000000" for name in ABSENT]
    run(*link, *absent, "-Wl,-Map=program.map", "-o", "program.elf", "program.o", "pyvalidator.o", cwd=at)
    figures = sizes_of((at / "program.map").read_text(encoding="utf-8"))
    figures |= stack_figures(target, at)
    figures |= memory_figures(symbol_sizes(run(f"{target.prefix}nm", "-S", "sizes.o", cwd=at)))
    return figures


def stack_figures(target: Target, at: Path) -> dict[str, int]:
    """The worst stack of the two calls that a program makes, and where the checker stands."""
    source = (at / "pyvalidator.c").read_text(encoding="utf-8").splitlines()
    graph = read_calls((at / "pyvalidator.ci").read_text(encoding="utf-8"), source)
    helpers = helper_frames(run(f"{target.prefix}objdump", "-d", "--no-show-raw-insn", "program.elf", cwd=at))
    symbols = run(f"{target.prefix}nm", "program.elf", cwd=at)
    add_aliases(graph, symbols, "pyvalidator.c:")
    add_aliases(helpers, symbols, "")
    parse, _, _ = depths(graph, helpers, "pv_cert_parse")
    validate, checker, path = depths(graph, helpers, "pv_validate")
    (at / "deepest").write_text(" > ".join(path), encoding="utf-8")
    return {"stack_parse": parse, "stack_validate": validate, "checker_at": checker}


def memory_figures(sizes: dict[str, int]) -> dict[str, int]:
    """What the caller lends, for two certificates and for eight."""
    figures = {name: sizes[name] for name in ("certificate", "request", "workspace_2", "workspace_8")}
    for num in (2, 8):
        figures[f"caller_{num}"] = (
            num * (sizes["certificate"] + sizes["pointer"]) + sizes["request"] + sizes[f"workspace_{num}"]
        )
    return figures


def measure(targets: list[str]) -> Figures:
    """The figures by target and configuration."""
    for target in targets:
        check_compiler(TARGETS[target])
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(os.cpu_count()) as builders:
        sources = {"pyvalidator.h": amalgamate.header_file(), "pyvalidator.c": amalgamate.source_file()}
        sources |= {"program.c": PROGRAM, "sizes.c": SIZES}

        def one(target: str, name: str) -> dict[str, int]:
            at = Path(directory) / target / name
            at.mkdir(parents=True)
            for file, text in sources.items():
                (at / file).write_text(text, encoding="utf-8")
            return build(TARGETS[target], CONFIGURATIONS[name], at)

        waiting = {target: {name: builders.submit(one, target, name) for name in CONFIGURATIONS} for target in targets}
        return {target: {name: job.result() for name, job in jobs.items()} for target, jobs in waiting.items()}


# --- What is said ---

COLUMNS = {
    "code": "code",
    "libgcc": "of it libgcc",
    "mem": "of it mem*",
    "constants": "constants",
    "writable": "writable",
    "stack_parse": "stack, parsing",
    "stack_validate": "stack, validating",
    "checker_at": "checker at",
    "certificate": "view",
    "workspace_2": "workspace, 2",
    "workspace_8": "workspace, 8",
    "caller_2": "caller, 2",
    "caller_8": "caller, 8",
}


def table(found: Figures) -> str:
    """The figures as a table of Markdown."""
    rows = [["", *COLUMNS.values()], ["---", *("---:" for _ in COLUMNS)]]
    for target, configurations in found.items():
        for name, figures in configurations.items():
            rows.append([f"{target}, {name}", *(f"{figures[column]:,}" for column in COLUMNS)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def complaints(found: Figures, record: Figures) -> Iterator[str]:
    """What is wrong with the figures, or with their record."""
    for target, configurations in found.items():
        for name, figures in configurations.items():
            recorded = record.get(target, {}).get(name, {})
            where = f"{target}, {name}"
            if figures["writable"] != 0:
                yield f"{where}: {figures['writable']} bytes of writable data; the core has none"
            if figures.keys() != recorded.keys():
                yield f"{where}: the record has other figures than the tool: --write"
                continue
            for figure, value in figures.items():
                if value > recorded[figure] * GROWTH:
                    yield f"{where}: {figure} is {value}, more than 3 % above {recorded[figure]}"
                if value < recorded[figure] * SLACK:
                    yield f"{where}: {figure} is {value}, and the record still allows {recorded[figure]}: --write"


def main() -> int:
    """Measure, and say it; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--json", action="store_true", help="print the figures for programs")
    what.add_argument("--check", action="store_true", help="fail unless the figures are those recorded")
    what.add_argument("--write", action="store_true", help="record the figures")
    parser.add_argument("--only", metavar="TARGET", choices=TARGETS, help="measure this processor alone")
    chosen = parser.parse_args()
    found = measure([chosen.only] if chosen.only else list(TARGETS))
    if chosen.json:
        print(json.dumps(found, indent=2))
        return 0
    print(table(found))
    if chosen.write:
        RECORD.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    if not chosen.check:
        return 0
    wrong = list(complaints(found, json.loads(RECORD.read_text(encoding="utf-8"))))
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
