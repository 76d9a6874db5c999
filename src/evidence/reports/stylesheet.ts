/** The colours of a page, for light and for dark; a test holds them to the contrast that WCAG asks for. */
export const palettes = {
  light: {
    page: "#f6f7f8",
    card: "#ffffff",
    text: "#1b1f24",
    quiet: "#57606a",
    line: "#dfe2e6",
    accent: "#2757c4",
    good: "#17693f",
    "good-back": "#e2f3ea",
    warn: "#7d4e00",
    "warn-back": "#fbf0d9",
    bad: "#a8261d",
    "bad-back": "#fde8e6",
    plain: "#4d5661",
    "plain-back": "#eceff2",
    bar: "#4c7be0",
    "bar-other": "#98a5b5",
    code: "#f2f4f6",
  },
  dark: {
    page: "#101317",
    card: "#181c21",
    text: "#e5e8ec",
    quiet: "#9ba5b1",
    line: "#2c323a",
    accent: "#8ab0ff",
    good: "#74d3a0",
    "good-back": "#14301f",
    warn: "#e6bd6b",
    "warn-back": "#33270f",
    bad: "#ff9d93",
    "bad-back": "#3b1916",
    plain: "#aeb7c2",
    "plain-back": "#262c34",
    bar: "#6f9cf8",
    "bar-other": "#5d6b7d",
    code: "#12161a",
  },
} as const;

function variables(palette: Readonly<Record<string, string>>): string {
  return Object.entries(palette)
    .map(([name, colour]) => `--${name}:${colour};`)
    .join("");
}

/** All that a page looks like: no font, image or script from anywhere. */
export const stylesheet = `
:root{color-scheme:light dark;${variables(palettes.light)}}
@media (prefers-color-scheme:dark){:root{${variables(palettes.dark)}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
main,header,footer{max-width:64rem;margin:0 auto;padding:0 clamp(1rem,4vw,2rem)}
header{padding-top:clamp(1.5rem,5vw,3rem)}
footer{padding-top:1rem;padding-bottom:3rem;color:var(--quiet);font-size:.875rem}
h1{font-size:clamp(1.6rem,5vw,2.1rem);line-height:1.2;letter-spacing:-.015em;margin:.1rem 0 .5rem}
h2{font-size:1.25rem;line-height:1.3;letter-spacing:-.01em;margin:0 0 .3rem}
h3,h4{font-size:1rem;line-height:1.4;margin:0}
h4.small{font-size:.9375rem}
p{margin:.4rem 0;max-width:46rem}
a{color:var(--accent);text-underline-offset:.15em}
code,pre{font:.8125rem/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace}
pre{margin:.35rem 0 .8rem;padding:.6rem .75rem;background:var(--code);border:1px solid var(--line);border-radius:6px;white-space:pre-wrap;max-height:28rem;overflow:auto}
.kicker,.quiet{color:var(--quiet)}
.kicker{font-size:.875rem;font-weight:600;margin:0}
.small{font-size:.875rem}
section{margin-top:2.75rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1rem 1.15rem;margin-top:.75rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.25rem,1fr));gap:.75rem;margin:1.4rem 0 0;padding:0}
.tiles>div{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.75rem .9rem}
.tiles dt{color:var(--quiet);font-size:.8125rem}
.tiles dd{margin:.1rem 0 0}
.tiles .much{font-size:1.25rem;font-weight:650;line-height:1.3;letter-spacing:-.01em}
.tiles .small{color:var(--quiet);font-size:.8125rem;line-height:1.45}
nav{margin-top:1.1rem;font-size:.875rem}
nav ul{display:flex;flex-wrap:wrap;gap:.1rem 1rem;list-style:none;margin:0;padding:0}
nav a{display:inline-block;padding:.2rem 0}
.badge{display:inline-block;padding:.05rem .5rem;border-radius:99px;font-size:.78rem;font-weight:600;line-height:1.5;white-space:nowrap;background:var(--plain-back);color:var(--plain)}
.good{background:var(--good-back);color:var(--good)}
.warn{background:var(--warn-back);color:var(--warn)}
.bad{background:var(--bad-back);color:var(--bad)}
.good-text{color:var(--good)}
.warn-text{color:var(--warn)}
.bad-text{color:var(--bad)}
.head{display:flex;flex-wrap:wrap;gap:.3rem .6rem;align-items:baseline}
.plain-list{list-style:none;margin:0;padding:0}
.plain-list>li{padding:.7rem 0;border-top:1px solid var(--line)}
.plain-list>li:first-child{border-top:0;padding-top:.1rem}
.plain-list>li:last-child{padding-bottom:.1rem}
.plain-list p{margin:.15rem 0 0}
.remedy{border-left:3px solid var(--line);padding:.1rem 0 .1rem .9rem;margin:.8rem 0}
.remedy p{margin:.25rem 0}
.card>.pairs{margin:-.35rem 0 -.4rem}
.pairs{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15.5rem),1fr));gap:0 1.75rem;margin:0;overflow:hidden}
.pairs>div{display:flex;justify-content:space-between;gap:1rem;padding:.45rem 0;border-bottom:1px solid var(--line);margin-bottom:-1px}
.pairs dt{color:var(--quiet);flex:none;max-width:60%}
.pairs dd{margin:0;text-align:right;font-weight:550}
details{border-top:1px solid var(--line)}
details details{margin-left:1.25rem}
details>summary{cursor:pointer;padding:.55rem 0 .55rem 1.25rem;position:relative;list-style:none}
summary::-webkit-details-marker{display:none}
summary::before{content:"";position:absolute;left:.15rem;top:1.02rem;width:.42rem;height:.42rem;border:solid var(--quiet);border-width:0 1.5px 1.5px 0;transform:rotate(-45deg)}
details[open]>summary::before{transform:rotate(45deg);top:.92rem}
summary:hover{color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
.inside{padding:0 0 .6rem 1.25rem}
.inside>p:first-child{margin-top:0}
.evidence{margin-top:.8rem}
.evidence>details:last-child{margin-bottom:-.4rem}
.folds{padding-top:.2rem;padding-bottom:.2rem}
.card>details:first-child,.folds>details:first-of-type{border-top:0}
.source{display:block;margin-top:.5rem;color:var(--quiet)}
table{width:100%;border-collapse:collapse;font-size:.9375rem}
th,td{text-align:left;padding:.45rem 1rem .45rem 0;border-bottom:1px solid var(--line);vertical-align:top}
thead th{color:var(--quiet);font-weight:500;font-size:.8125rem}
tbody th{font-weight:550}
th .small{font-weight:400}
tr:last-child>*{border-bottom:0}
td:last-child,th:last-child{padding-right:0}
.number{text-align:right;white-space:nowrap}
svg{display:block;width:100%;overflow:visible}
.waterfall{list-style:none;margin:0;padding:0}
.waterfall li{display:grid;grid-template-columns:12.5rem 1fr 5rem;gap:0 1rem;align-items:center}
.waterfall .took{text-align:right;white-space:nowrap}
.waterfall .name{overflow:hidden;text-overflow:ellipsis}
.waterfall svg{height:1.75rem}
.axis text{fill:var(--quiet);font-size:.75rem}
.grid{stroke:var(--line)}
.bar{fill:var(--bar)}
.bar-other{fill:var(--bar-other)}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:.5rem 0 0;font-size:.8125rem;color:var(--quiet)}
.legend svg{display:inline-block;width:.7rem;height:.7rem;margin-right:.4rem}
section>.figures+p{margin-top:1.2rem}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr));gap:.75rem;margin-top:.75rem}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.85rem 1rem}
.figures .wide{grid-column:1/-1}
figcaption{font-weight:600}
.curves{display:grid;grid-template-columns:1fr 1fr;gap:1rem;margin-top:.5rem}
.curve{min-width:0}
.curve .label{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 .5rem;font-size:.8125rem;color:var(--quiet);margin:0}
.curve .label b{color:var(--text);font-weight:600}
.curve svg{height:3.25rem;margin:.35rem 0 .2rem;border-bottom:1px solid var(--line)}
.wide .curve svg{height:6.5rem}
.area{fill:var(--bar);opacity:.18}
.curve path.stroke{fill:none;stroke:var(--bar);stroke-width:1.5;vector-effect:non-scaling-stroke;stroke-linejoin:round}
.ends{display:flex;justify-content:space-between;white-space:nowrap;gap:.5rem;margin:0;font-size:.75rem;color:var(--quiet)}
@media (max-width:40rem){
.card{padding:.85rem .9rem}
.card.folds{padding-top:.15rem;padding-bottom:.15rem}
.waterfall li{grid-template-columns:1fr auto;padding-bottom:.15rem}
.waterfall li>svg,.waterfall li>.track{grid-column:1/-1;grid-row:2}
.waterfall svg{height:1.1rem}
.waterfall .axis>.name,.waterfall .axis>.took{display:none}
.waterfall .name,.waterfall .took{font-size:.875rem}
details details{margin-left:0}
.inside{padding-left:0}
th,td{padding-right:.6rem}
.wide .curves{grid-template-columns:1fr}
}
@media print{
:root{${variables(palettes.light)}--page:#ffffff}
body{font-size:10.5pt}
nav{display:none}
section{margin-top:1.5rem}
.card,figure,.tiles>div,.plain-list>li{break-inside:avoid}
pre{max-height:none}
details::details-content{content-visibility:visible;block-size:auto}
a{color:inherit}
}
`;
