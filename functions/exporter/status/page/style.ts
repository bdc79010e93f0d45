/**
 * The page's only style sheet; its hash stands in the Content-Security-Policy, so no attribute may carry style.
 * All text has a contrast of 4.5 : 1 or more against what it stands on, in both schemes.
 */
export const STYLE = `
:root{color-scheme:light dark;
--paper:#fbfaf7;--card:#fff;--ink:#1c1b19;--soft:#5d5952;--line:#e3dfd7;--faint:#e6e2da;
--good:#1a7547;--fill:#3c9b69;--read:#2d6bb5;--bad:#b8281f;--warn:#835500;--badwash:#fdf0ee;--warnwash:#fbf4e4}
@media (prefers-color-scheme:dark){:root{
--paper:#141518;--card:#1b1d21;--ink:#e9e7e2;--soft:#a5a29b;--line:#2e3137;--faint:#30343a;
--good:#5cc792;--fill:#3f9c6c;--read:#76b0f5;--bad:#ff8a80;--warn:#e5b45a;--badwash:#2b1b1b;--warnwash:#282218}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:64rem;padding:1.25rem 1.25rem 2.5rem;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;
font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%;overflow-wrap:anywhere}
h1,h2,p,ul,ol,dl,dd,figure{margin:0;padding:0}
ul,ol{list-style:none}
a{color:inherit;text-decoration-color:var(--soft);text-underline-offset:.2em}
a:hover{text-decoration-color:currentColor}
:focus-visible{outline:2px solid var(--read);outline-offset:3px;border-radius:3px}
small,.rest,.tally,figcaption,dt,footer,.top{color:var(--soft);font-size:13px}
code{font:.9em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;
background:var(--faint);border-radius:4px;padding:.1em .4em}
.away{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.symbols{position:absolute}
.top{display:flex;justify-content:space-between;gap:1rem}
.brand{font-weight:600;color:var(--ink);letter-spacing:.01em}
.overall{padding:2.25rem 0 2rem}
h1{font-size:clamp(1.6rem,5vw,2.1rem);line-height:1.2;font-weight:650;letter-spacing:-.015em;
display:flex;align-items:center;gap:.7rem}
h1 .mark{flex:none;width:1.9rem;height:1.9rem}
.overall>p{margin-top:.5rem;max-width:44rem;color:var(--soft)}
.mark{width:20px;height:20px;overflow:visible;vertical-align:-.2em}
symbol{overflow:visible}
.good{--mark:var(--good)}.trouble{--mark:var(--bad)}.attention,.unknown{--mark:var(--warn)}.idle{--mark:var(--soft)}
.mark{color:var(--mark)}
.rows{border-top:1px solid var(--line)}
.rows li{display:grid;grid-template-columns:1.5rem minmax(6rem,14rem) 1fr auto;gap:0 .6rem;align-items:baseline;
padding:.45rem 0;border-bottom:1px solid var(--line)}
.rows a{font-weight:600}
.rows .mark{width:16px;height:16px;align-self:center}
.rows .back{color:var(--soft);font-size:13px}
.database .rows{margin-top:.8rem}
.database .rows li:last-child{border-bottom:0;padding-bottom:0}
.rest{margin-top:.6rem}
.database{margin-top:1.5rem;padding:1.1rem 1.25rem 1.15rem;background:var(--card);border:1px solid var(--line);
border-radius:10px;scroll-margin-top:1rem}
.database.trouble{border-color:var(--bad)}
.database header{display:flex;flex-wrap:wrap;align-items:baseline;gap:.1rem .9rem}
h2{font-size:1.2rem;line-height:1.35;font-weight:650}
h2 .mark{margin-right:.25rem}
.trouble>header .headline{color:var(--bad)}
.findings{margin-top:.8rem;display:grid;gap:.6rem}
.findings li{border-radius:7px;padding:.6rem .85rem;background:var(--warnwash)}
.findings .trouble{background:var(--badwash)}
.findings .note{background:none;border:1px solid var(--line)}
.findings b{font-weight:600}
.hint{margin-top:.2rem}
.hint::before{content:"→ ";content:"→ "/""}
.hint code,.rest code{white-space:normal}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.6rem 1.5rem;margin-top:.9rem}
dd{font-weight:500}
.charts{display:flex;flex-wrap:wrap;justify-content:space-between;gap:1.1rem 2rem;margin-top:1.25rem}
.halves{display:flex;flex-wrap:wrap;gap:.5rem .75rem}
.year{flex:0 1 44.25rem;min-width:0}
.cal{max-width:100%;height:auto;display:block}
.labels{font-size:10px;fill:var(--soft)}
path.day{fill:none;stroke-width:10;stroke-dasharray:10 2}
path.restorable{stroke:var(--fill)}
path.readable{stroke:var(--read)}
path.retired{stroke:var(--soft)}
path.hole{stroke:var(--card);stroke-width:4;stroke-dasharray:0 3 4 5}
path.wide{stroke-width:7;stroke-dasharray:0 1.5 7 3.5}
path.intact{stroke:var(--warn)}
path.waiting{stroke:var(--warn);stroke-width:6;stroke-dasharray:0 2 6 4}
path.none{stroke:var(--line);stroke-width:3;stroke-dasharray:0 3.5 3 5.5}
path.band{fill:none;stroke:var(--read);stroke-width:12;opacity:.3}
path.bad{stroke:var(--bad);stroke-width:2.5;stroke-dasharray:none;stroke-linecap:round}
.shape{fill:currentColor}
.glyph{fill:none;stroke:var(--card);stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.sign{width:10px;height:10px;overflow:visible;vertical-align:-.5px;margin-right:.2rem}
.tally{display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;margin-top:.5rem}
.sizes{flex:1 1 11.5rem;max-width:22rem}
.sizes svg{width:100%;height:auto;overflow:visible;display:block;margin-top:.75rem}
.sizes .line{fill:none;stroke:var(--fill);stroke-width:1.5;stroke-linejoin:round}
.sizes .area{fill:var(--fill);opacity:.14}
.sizes .floor{stroke:var(--line)}
.sizes circle{fill:var(--fill)}
figcaption{margin-top:.5rem}
.lists{margin-top:1rem}
details{border-top:1px solid var(--line)}
summary{padding:.5rem 0;cursor:pointer;font-weight:500}
details[open]{padding-bottom:.75rem}
table{width:100%;border-collapse:collapse;font-size:14px}
th,td{text-align:left;vertical-align:top;padding:.35rem .9rem .35rem 0;font-weight:400}
thead th{color:var(--soft);font-size:13px}
tbody tr{border-top:1px solid var(--line)}
th:nth-child(2),td:nth-child(2){text-align:right;white-space:nowrap}
td:last-child{width:60%;padding-right:0}
td small{display:block}
.failures li{padding:.5rem 0;border-top:1px solid var(--line)}
.failures li:first-child{border-top:0;padding-top:0}
footer{margin-top:2rem;display:flex;flex-wrap:wrap;justify-content:space-between;gap:.25rem 1.5rem}
@media (max-width:40rem){
body{padding:1rem 1rem 2rem}
.overall{padding:1.75rem 0 1.5rem}
.database{margin-left:-.5rem;margin-right:-.5rem;padding:1rem}
.rows li{grid-template-columns:1.5rem 1fr}
.rows span{grid-column:2}
dl{grid-template-columns:1fr 1fr;gap:.6rem 1rem}
.halves{flex-direction:column-reverse}
td:last-child{width:auto}
th time{white-space:nowrap}}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
`;
