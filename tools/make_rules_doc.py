#!/usr/bin/env python3
"""Writes docs/profiles.md from csrc/rules.def and csrc/reasons.def.

python tools/make_rules_doc.py           write the page
python tools/make_rules_doc.py --check   exit 1 if the page differs from what would be written
"""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from make_reasons import entries
from make_reasons_doc import row, table

TOP = Path(__file__).resolve().parent.parent
PAGE = TOP / "docs" / "profiles.md"

HEAD = """\
# Profiles

Which rules on the form of a certificate count, beside path validation (RFC 5280 section 6), which every profile holds
to. Generated from `csrc/rules.def` by `tools/make_rules_doc.py`: do not edit.

- **`RFC5280`**: the certificate rules of RFC 5280 section 4, strictly.
- **`WEBPKI`**: these, except that nameConstraints need not be critical (BR 7.1.2.10.8), and the CA/Browser Forum's
  Baseline Requirements for TLS servers (BR 6.1.5, 6.1.6, 7.1): for servers of the public web, under browsers' roots.
- **`DEVICE`**: the rules that carry security. What deviates from section 4 without misleading anyone about who may sign
  for whom, for what, or about the encoding of what is signed, becomes a note: deployed devices cannot be reissued.

*refused*: no path with such a certificate is valid. *noted*: the path may be valid, and `verdict.notes` has the reason.
*not judged*: nothing is said. A root is held to these rules only if its certificate is to be judged field by field
(`AnchorChecks.CERTIFICATE`): by default they are its owner's affair. What WEBPKI asks of a server's names is asked for
the purposes SERVER_AUTH and ANY. [standards.md](standards.md) says what is left out, and why.
"""

ELSEWHERE = """
## Rules that the table does not have

The strict profiles read the contents of every extension that is known, DEVICE of those that are critical or act on the
path; what is malformed there is refused (`EXTENSION_MALFORMED`). These rules need more than the certificate by itself,
or more than one look at it: its list of policies, its issuer's key, the Public Suffix List.
"""

# Reason of each such rule: what RFC5280, WEBPKI and DEVICE do, and why.
OTHERS = {
    "RULE_POLICY_REPEATED": (
        "refused",
        "refused",
        "refused if the extension is critical",
        "policies decide nothing unless they are demanded",
    ),
    "BR_ECDSA_HASH": ("not judged", "refused", "not judged", "a rule of the web; the policy's algorithms decide"),
    "BR_PUBLIC_SUFFIX_UNKNOWN": (
        "not judged",
        "refused",
        "not judged",
        "a rule of the web: what cannot be judged is refused; the extra `pyvalidator[web]` has the list",
    ),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One PV_RULE, and the comment that it stands under."""

    group: str
    reason: str
    refused_by: frozenset[str]
    noted_by: frozenset[str]
    why: str

    def under(self, profile: str) -> str:
        """What the profile does."""
        if profile in self.refused_by:
            return "refused"
        return "noted" if profile in self.noted_by else "not judged"


def _profiles(text: str) -> frozenset[str]:
    names = frozenset(text.split(" | ")) - {"NONE"}
    if not names <= {"R", "W", "D"}:
        raise SystemExit(f"csrc/rules.def: {text} are no profiles")
    return names


def rules(path: Path) -> list[Rule]:
    """The rows of rules.def, in their order. Its first comment is about the file as a whole."""
    source = path.read_text(encoding="utf-8")
    word, literal = r"\s*([\w |]+?)\s*,", r'\s*("(?:[^"\\]|\\.)*")\s*'
    found, group = [], ""
    for match in re.finditer(rf"/\*(.*?)\*/|PV_RULE\({word}{word}{word}{word}{word}{literal}\)", source, re.DOTALL):
        if match[1]:
            group = " ".join(match[1].split())
        else:
            found.append(Rule(group, match[3], _profiles(match[4]), _profiles(match[5]), ast.literal_eval(match[7])))
    if len(found) != len(re.findall(r"^PV_RULE\(", source, re.MULTILINE)):
        raise SystemExit(f"{path}: a rule cannot be read")
    return found


def _heads() -> str:
    return table("rule", "clause", "what was found", "RFC5280", "WEBPKI", "DEVICE", "why DEVICE does so")


def render() -> str:
    """The whole page."""
    reasons = {name: texts for _, name, texts in entries(TOP / "csrc" / "reasons.def", "PV_REASON")}
    found = rules(TOP / "csrc" / "rules.def")
    left = {name for name in reasons if name.startswith(("RULE_", "BR_"))} - {rule.reason for rule in found}
    if left != OTHERS.keys():
        raise SystemExit(f"tools/make_rules_doc.py: what of {', '.join(sorted(left ^ OTHERS.keys()))}?")
    parts, group = [HEAD], ""
    for rule in found:
        if rule.group != group:
            group = rule.group
            parts.append(f"\n## {group}\n{_heads()}")
        parts.append(row(f"`{rule.reason}`", *reasons[rule.reason][:2], *map(rule.under, "RWD"), rule.why))
    parts.append(ELSEWHERE + _heads())
    parts.extend(row(f"`{name}`", *reasons[name][:2], *cells) for name, cells in OTHERS.items())
    return "".join(parts)


def main(arguments: list[str]) -> int:
    """Write the page, or compare it."""
    page = render()
    if "--check" not in arguments:
        PAGE.write_text(page, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page:
        return 0
    print("docs/profiles.md differs: run tools/make_rules_doc.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
