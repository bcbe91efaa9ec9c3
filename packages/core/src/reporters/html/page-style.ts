/** The style of the page: both colour schemes, narrow and wide, and paper. Contrast of text is at least 4.5 to 1. */
export const pageStyle = `:root{color-scheme:light dark;--page:#fff;--card:#f6f7f9;--text:#1a2130;--soft:#566072;--rule:#d5dae2;--link:#1d4ed8;--good:#14713a;--good-fill:#e3f5ea;--warn:#8a5a00;--warn-fill:#fdf2d5;--bad:#b42318;--bad-fill:#fdeae7;--call:#1d4ed8;--wait:#7c8aa5}
@media (prefers-color-scheme:dark){:root{--page:#12161d;--card:#1b212b;--text:#e6eaf1;--soft:#a4afc0;--rule:#364152;--link:#8db4ff;--good:#6fd598;--good-fill:#14301f;--warn:#f0bf5e;--warn-fill:#33270d;--bad:#ff9d92;--bad-fill:#3b1a17;--call:#8db4ff;--wait:#8391a8}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
header,main{max-width:1160px;margin:0 auto;padding:1.25rem}
main{padding-top:0}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .5rem}
h2{font-size:1.2rem;margin:2.5rem 0 .75rem;padding-top:.75rem;border-top:1px solid var(--rule)}
h3{font-size:1rem;margin:0 0 .5rem}
p{margin:.4rem 0}
a{color:var(--link)}
code{font:.875em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
ul,ol{padding-left:1.4rem;margin:.4rem 0}
ul.plain{list-style:none;padding:0}
.verdict-line{display:inline-block;padding:.1rem .7rem;border-radius:6px;border:2px solid currentColor;margin-right:.5rem;font-weight:700}
.note,.small{color:var(--soft)}
.note{font-size:.875rem;font-weight:400}
.small{font-size:.8125rem;font-weight:400}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:.75rem;margin:1rem 0 0}
.facts div{background:var(--card);border-radius:6px;padding:.5rem .75rem}
.facts dt{color:var(--soft);font-size:.8125rem}
.facts dd{margin:0;font-weight:600}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;padding:0;margin:1rem 0 0}
.card{background:var(--card);border-left:4px solid var(--rule);border-radius:6px;padding:.75rem 1rem;margin:0 0 .75rem}
.card.is-failed{border-color:var(--bad)}
.card.is-inconclusive{border-color:var(--warn)}
.pairs{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.25rem 1rem;margin:.4rem 0;font-size:.9375rem}
.pairs dt{color:var(--soft)}
.pairs dd{margin:0}
table{border-collapse:collapse;width:100%;font-size:.9375rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--rule)}
thead th{color:var(--soft);font-size:.8125rem;font-weight:600}
tbody th{font-weight:600}
tbody th[scope=row]:has(.phase),.phase{white-space:nowrap}
.number{text-align:right;white-space:nowrap;padding-right:0}
.verdict{white-space:nowrap}
.phase{font-weight:400}
.is-settled .verdict,.is-passed .verdict,.is-settled .mark,.run-done{color:var(--good)}
.is-failed .verdict,.is-unknown .verdict,.is-failed .mark,.is-unknown .mark,.run-failed{color:var(--bad)}
.is-inconclusive .verdict,.is-done .verdict,.is-done .mark,.run-held,.run-aborted,.run-running{color:var(--warn)}
.finding{padding:.3rem 0;border-bottom:1px solid var(--rule)}
.finding strong{display:inline-block;min-width:4.5rem}
.is-warning>strong,.is-consent>strong{color:var(--warn)}
.is-blocker>strong{color:var(--bad)}
summary{cursor:pointer;color:var(--link);font-size:.875rem}
.scroll{overflow-x:auto;padding:.5rem 0}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
svg text{fill:var(--text);font-size:12px}
svg .small{fill:var(--soft)}
.graph{display:block;margin:0 auto}
.graph .line{fill:none;stroke:var(--wait);stroke-width:1.5}
.graph rect{fill:var(--card);stroke:var(--wait);stroke-width:1.5}
.graph .strong{font-weight:700}
.graph .is-settled rect{fill:var(--good-fill);stroke:var(--good)}
.graph .is-settled .status{fill:var(--good)}
.graph .is-failed rect,.graph .is-unknown rect{fill:var(--bad-fill);stroke:var(--bad);stroke-width:2.5}
.graph .is-failed .status,.graph .is-unknown .status{fill:var(--bad)}
.graph .is-done rect{fill:var(--warn-fill);stroke:var(--warn)}
.graph .is-done .status{fill:var(--warn)}
.graph .is-skipped rect,.graph .is-not-started rect{stroke-dasharray:5 4}
.key{width:30px;height:14px;vertical-align:-2px;margin-left:.75rem}
.key:first-child{margin-left:0}
.call{fill:var(--call)}
.wait{fill:var(--wait)}
.tick{fill:var(--bad)}
.timeline th[scope=row]{width:42%;line-height:1.35}
.timeline .name{font-weight:600}
.axis{display:flex;justify-content:space-between;padding-right:.75rem}
.bar{display:block;width:100%;height:14px;margin-top:.25rem;background:linear-gradient(var(--rule),var(--rule)) center/100% 1px no-repeat}
@media (max-width:640px){body{font-size:15px}header,main{padding-left:1rem;padding-right:1rem}
.stack thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.stack tr{display:block;padding:.5rem 0;border-bottom:1px solid var(--rule)}
.stack th,.stack td{display:block;border:0;padding:.1rem 0;text-align:left;white-space:normal}
.stack td:empty{display:none}
.timeline thead{display:none}
.timeline tr{display:grid;grid-template-columns:1fr auto;padding:.5rem 0;border-bottom:1px solid var(--rule)}
.timeline th,.timeline td{border:0;padding:0}
.timeline th[scope=row]{width:auto}
.timeline td:nth-child(2){grid-column:1/-1;grid-row:2;padding-bottom:.25rem}
.pairs{grid-template-columns:1fr}.pairs dd{margin-bottom:.4rem}}
@media print{.scroll{overflow:visible}.graph{max-width:100%;height:auto}nav{display:none}}
`;
