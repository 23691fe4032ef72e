"""docs/compare.svg out of a run of compare.py: bars of medians, the shorter the better."""

from __future__ import annotations

from html import escape

from peer_process import PEERS, Peer
from results import Results

_WIDTH, _COLUMN, _LABEL, _BAR, _ROW, _HEAD = 920, 460, 186, 196, 17, 34

_STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 13px }
  .small { font-size: 11px; fill: #59636e }
  .other { fill: #8c959f } .ours { fill: #1a7f37 } .floor { stroke: #bc4c00; stroke-dasharray: 3 3 }
  .note { fill: #bc4c00 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .small { fill: #9198a1 }
    .other { fill: #6e7681 } .ours { fill: #3fb950 } .floor { stroke: #f0883e }
    .note { fill: #f0883e }
  }
"""

_SHORT = {
    "pyvalidator-new-leaf": "pyvalidator, new leaf*",
    "pyvalidator-repeat": "pyvalidator, same bytes*",
    "pyvalidator-many": "check_many",
    "pyvalidator-many-new": "check_many, new leaves*",
}


def svg(results: Results) -> str:
    """The whole picture: a panel for each trusted chain, two beside each other, and a legend."""
    panels = [_panel(results, case, title) for case, title in results.in_group("chain")]
    placed, top = [], 44
    for left, right in zip(panels[::2], [*panels[1::2], _legend()], strict=False):
        for column, panel in enumerate((left, right)):
            placed.append(f'<g transform="translate({column * _COLUMN} {top})">{panel[0]}</g>')
        top += max(left[1], right[1]) + 12
    title = "Microseconds to judge a chain of a leaf and an intermediate: shorter is better"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{top}" viewBox="0 0 {_WIDTH} {top}" '
            f'role="img" aria-label="{title}">',
            f"<style>{_STYLE}</style>",
            f'<text class="title" x="12" y="24">{title}</text>',
            *placed,
            "</svg>\n",
        ]
    )


def _panel(results: Results, case: str, title: str) -> tuple[str, int]:
    peers = [peer for peer in PEERS if results.has(case, peer.key) and not peer.is_floor]
    peers.sort(key=lambda peer: results.median(case, peer.key))
    refusing = [
        peer for peer in PEERS if (answer := results.answers.get((case, peer.key))) is not None and not answer.agrees
    ]
    longest = max(results.median(case, peer.key) for peer in peers)
    lines = [f'<text class="title" x="12" y="16">{escape(title[0].upper() + title[1:])}</text>']
    for row, peer in enumerate(peers):
        lines += _bar(peer, _HEAD + row * _ROW, results.median(case, peer.key), longest)
    for row, peer in enumerate(refusing, len(peers)):
        lines += _label(peer, _HEAD + row * _ROW)
        lines.append(f'<text class="small" x="{_LABEL + 6}" y="{_HEAD + row * _ROW}">refuses</text>')
    height = _HEAD + (len(peers) + len(refusing)) * _ROW
    lines += _floor(results, case, longest, height)
    return "".join(lines), height


def _label(peer: Peer, y: int) -> list[str]:
    return [f'<text x="{_LABEL}" y="{y}" text-anchor="end">{escape(_SHORT.get(peer.key, peer.title))}</text>']


def _bar(peer: Peer, y: int, value: float, longest: float) -> list[str]:
    width = max(1.0, _BAR * value / longest)
    kind = "ours" if peer.is_ours else "other"
    number = f"{value:.1f}" if value < 100 else f"{value:,.0f}"
    return [
        *_label(peer, y),
        f'<rect class="{kind}" x="{_LABEL + 6}" y="{y - 10}" width="{width:.1f}" height="12" rx="2"/>',
        f'<text class="small" x="{_LABEL + 10 + width:.1f}" y="{y}">{number}</text>',
    ]


def _floor(results: Results, case: str, longest: float, height: int) -> list[str]:
    if not results.has(case, "raw"):
        return []
    x = _LABEL + 6 + _BAR * results.median(case, "raw") / longest
    return [f'<line class="floor" x1="{x:.1f}" x2="{x:.1f}" y1="{_HEAD - 12}" y2="{height - _ROW + 4}"/>']


def _legend() -> tuple[str, int]:
    lines = [
        ("", "Medians of interleaved rounds of one run; DER in to verdict."),
        ("", "Mozilla's roots and those of the test are loaded."),
        ("", "* with a cache that knows the intermediate (new leaf, new leaves)"),
        ("", "or all of the chain (same bytes); no other keeps one."),
        ("", "check_many: 64 in a call, their intermediate checked once."),
        ("note", "Dashed: libcrypto's two signature checks and nothing else,"),
        ("note", "the same libcrypto that pyvalidator and OpenSSL, C use."),
        ("", "benchmarks/RESULTS.md: machine, versions, minima, spread."),
    ]
    texts = [
        f'<text class="small {kind}" x="12" y="{_HEAD + n * 18}">{escape(text)}</text>'
        for n, (kind, text) in enumerate(lines)
    ]
    return "".join(texts), _HEAD + len(lines) * 18
