# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the page looks: one column of cards, light or dark as the reader's system is, and on paper."""

from __future__ import annotations

STYLE = """
:root{--ground:#f6f7f9;--card:#fff;--text:#1b1f24;--muted:#5b6470;--line:#dde1e6;--accent:#1f6feb;
--good:#1a7f37;--warning:#9a6700;--critical:#cf222e;--good-soft:#dafbe1;--warning-soft:#fff8c5;--critical-soft:#ffebe9}
@media (prefers-color-scheme:dark){:root{--ground:#0f1318;--card:#171c23;--text:#e4e8ed;--muted:#98a2ae;--line:#2c343e;
--accent:#58a6ff;--good:#3fb950;--warning:#d8a21b;--critical:#ff7b72;--good-soft:#12261a;--warning-soft:#2b2410;
--critical-soft:#321618}}
*{box-sizing:border-box}
body{margin:0;overflow-wrap:anywhere;background:var(--ground);color:var(--text);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:62rem;margin:0 auto;padding:1.25rem 1rem 3rem}
h1{font-size:1.5rem;line-height:1.25;margin:0}
h2{font-size:1.05rem;margin:0 0 .75rem}
p{margin:.25rem 0}
a{color:var(--accent)}
.muted,figcaption,th{color:var(--muted)}
.muted,figcaption{font-size:.875rem}
section,details{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1rem;margin:1rem 0}
summary{cursor:pointer;font-weight:600;overflow-wrap:anywhere}
.verdict{display:flex;gap:.75rem;align-items:center;border-left-width:.375rem}
.verdict b{font-size:1.15rem;display:block}
.sign{flex:none;font-size:1.5rem;line-height:1}
.good{border-color:var(--good);background:var(--good-soft)}.good .sign{color:var(--good)}
.warning{border-color:var(--warning);background:var(--warning-soft)}.warning .sign{color:var(--warning)}
.critical{border-color:var(--critical);background:var(--critical-soft)}.critical .sign{color:var(--critical)}
.problems{list-style:none;margin:0;padding:0}
.problems li{border-left:.25rem solid var(--warning);padding:.25rem .75rem;margin:.5rem 0;overflow-wrap:anywhere}
.problems li.critical{border-color:var(--critical)}
.problems li.warning,.problems li.critical{background:none}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:1rem;margin:1rem 0}
.tiles section{margin:0}
.tiles h2{font-size:.875rem;font-weight:600;color:var(--muted);margin:0 0 .25rem}
.tiles b{display:block;font-size:1.25rem;line-height:1.3;overflow-wrap:anywhere}
.wide{overflow-x:auto}
figure{margin:0}
svg{display:block;width:100%;min-width:36rem;height:auto}
svg text{fill:var(--muted);font:12px system-ui,sans-serif}
.grid{stroke:var(--line)}
.dot,.bar{fill:var(--accent)}.bar.last,.dot.proof{fill:var(--good)}
.cross{stroke:var(--critical);stroke-width:2.5}
.track{fill:var(--line)}.fill{fill:var(--good)}.fill.warning{fill:var(--warning)}.fill.critical{fill:var(--critical)}
table{border-collapse:collapse;width:100%;min-width:40rem;font-size:.9rem}
th,td{text-align:left;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600;white-space:nowrap}
th,td{overflow-wrap:break-word}
td code{white-space:nowrap}
td.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
@media print{body{background:#fff;font-size:11pt}section,details{break-inside:avoid}main{max-width:none;padding:0}
svg,table{min-width:0}.wide{overflow:visible}}
"""
