"""How a page looks: one sheet, in the light or the dark as its reader's system has it."""

from __future__ import annotations

import base64
import hashlib

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #f6f7f9; --card: #ffffff; --ink: #1b2330; --faint: #5b6675; --rule: #dde2e9;
  --line: #1f66c1; --fill: #1f66c11f; --mark: #8a3fc4; --limit: #8a94a3;
  --warning: #b45f00; --critical: #c22a2a; --good: #1d7a4c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12161d; --card: #1a202a; --ink: #e6eaf0; --faint: #9aa6b6; --rule: #303a48;
    --line: #72aefc; --fill: #72aefc26; --mark: #cf9bff; --limit: #7d8898;
    --warning: #f2a648; --critical: #ff7d7d; --good: #63c694;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 0 0 .5rem; }
h3 { font-size: .95rem; margin: 1.4rem 0 .4rem; }
h1, h2, h3, p, td, li, dd, summary { overflow-wrap: anywhere; }
p { margin: .3rem 0; max-width: 60rem; }
a { color: var(--line); }
section { background: var(--card); border: 1px solid var(--rule); border-radius: .6rem;
  padding: 1.1rem 1.25rem; margin-top: 1.1rem; }
section, td, li { overflow: clip; }
dl { display: flex; flex-wrap: wrap; gap: .2rem 1.6rem; margin: .4rem 0 0; color: var(--faint); }
dl div { display: flex; gap: .4rem; } dt::after { content: ":"; }
dd { margin: 0; color: var(--ink); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: var(--faint); font-size: .85rem; }
th, td { padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
.number { text-align: right; }
.number, .figure, .growing, .stable, .shrinking, .unknown, .verdict { white-space: nowrap; }
.wide { overflow-x: auto; } .wide td { overflow-wrap: break-word; }
.wide bdi { white-space: nowrap; }
.faint { color: var(--faint); } .small { font-size: .85rem; }
.growing, .warning { color: var(--warning); font-weight: 600; }
.critical { color: var(--critical); font-weight: 600; }
.stable { color: var(--good); } .shrinking { color: var(--line); }
.pair { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); gap: 0 2rem; }
@media (max-width: 60rem) { .pair { grid-template-columns: minmax(0, 1fr); } }
ol.items { list-style: none; margin: 0; padding: 0; }
ol.items > li { border-top: 1px solid var(--rule); padding: .6rem 0; }
.said { white-space: pre-line; margin: 0; }
details ul { margin: .3rem 0 0; padding-left: 1.1rem; } summary { cursor: pointer; }
svg { display: block; width: 100%; height: auto; font: 11px system-ui, "DejaVu Sans", sans-serif; }
svg text { fill: var(--faint); }
svg.spark { width: 9rem; height: 1.8rem; }
.grid { stroke: var(--rule); stroke-width: 1; } .limit { stroke: var(--limit);
  stroke-width: 1.2; stroke-dasharray: 5 4; }
.line { fill: none; stroke: var(--line); stroke-width: 1.8; stroke-linejoin: round; }
.area { fill: var(--fill); stroke: none; } .bar { fill: var(--line); }
.mark { stroke: var(--mark); stroke-width: 1.6; } .tip { fill: var(--mark); }
svg .rung-warning { fill: var(--warning); } svg .rung-critical { fill: var(--critical); }
.key { display: inline-block; width: .75rem; height: .75rem; border-radius: .15rem;
  margin: 0 .35rem 0 .9rem; vertical-align: -.06rem; }
.key-line { background: var(--line); margin-left: 0; } .key-mark { background: var(--mark); }
.key-limit { background: var(--limit); height: .15rem; vertical-align: .25rem; }
.key-alert { background: var(--warning); border-radius: 50%; }
@media print { body { background: none; } section { break-inside: avoid; } }
"""


def policy() -> str:
    """Give the content security policy of a page: this style, and nothing else from anywhere."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
