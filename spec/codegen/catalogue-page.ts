/** What a page is made of; `links` and `body` are HTML. */
export interface Page {
  readonly specVersion: string;
  readonly count: number;
  readonly links: string;
  readonly body: string;
}

const STYLE = `
:root { color-scheme: light dark; --back: #fbfbfa; --card: #fff; --text: #1d1d1b; --soft: #5f5f5a; --line: #deded9;
  --link: #0b5cad; --code: #f2f2ef; --good: #1d6b3a; --warn: #8a5200; --bad: #a3242c; }
@media (prefers-color-scheme: dark) { :root { --back: #161615; --card: #1e1e1d; --text: #e9e9e6; --soft: #a5a59f;
  --line: #383835; --link: #8ab8f0; --code: #272725; --good: #7fce9b; --warn: #e7b566; --bad: #f2989d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
a { color: var(--link); }
a:focus-visible, input:focus-visible, summary:focus-visible, pre:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
header { padding: 1.5rem 1rem 1rem; max-width: 75rem; margin: 0 auto; }
h1 { margin: 0 0 .25rem; font-size: 1.6rem; }
header p { margin: 0; color: var(--soft); }
header code { overflow-wrap: anywhere; }
.search { position: sticky; top: 0; z-index: 1; background: var(--back); border-bottom: 1px solid var(--line); }
.search div { display: flex; gap: .75rem; align-items: center; max-width: 75rem; margin: 0 auto; padding: .6rem 1rem; }
.search input { flex: 1; min-width: 0; font: inherit; padding: .45rem .7rem; color: inherit; background: var(--card);
  border: 1px solid var(--line); border-radius: .4rem; }
.search output { color: var(--soft); white-space: nowrap; }
.columns { max-width: 75rem; margin: 0 auto; padding: 0 1rem 4rem; }
nav { font-size: .875rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav span { display: block; margin-top: .9rem; color: var(--soft); font-weight: 600; }
nav a { display: block; padding: .15rem 0; overflow-wrap: anywhere; text-decoration: none; }
nav a:hover { text-decoration: underline; }
.group { margin: 2rem 0 .5rem; font-size: 1.1rem; color: var(--soft); }
section { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem 1.1rem; margin: 0 0 1rem;
  scroll-margin-top: 4rem; }
section:target { border-color: var(--link); }
h3 { margin: 0; font: 600 1.05rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
h3 a { color: inherit; text-decoration: none; }
h3 a:hover::after { content: " #"; color: var(--soft); }
section p { margin: .35rem 0 .7rem; }
.chips { display: flex; flex-wrap: wrap; gap: .4rem; }
.chips span, .masked, .optional { font-size: .78rem; line-height: 1.3; border: 1px solid var(--line); border-radius: 1rem;
  padding: .1rem .6rem; color: var(--soft); }
.chips .authoritative { color: var(--good); border-color: currentcolor; }
.chips .pii1 { color: var(--warn); border-color: currentcolor; }
.chips .pii2, .chips .high, .masked { color: var(--bad); border-color: currentcolor; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; margin: .3rem 0 .7rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-top: 1px solid var(--line);
  overflow-wrap: anywhere; font-weight: 400; }
thead th { border: 0; color: var(--soft); font-size: .78rem; }
tbody th { width: 34%; }
td:nth-child(2) { width: 26%; }
code, pre { font-family: ui-monospace, monospace; font-size: .85em; }
details { margin-top: .4rem; font-size: .9rem; }
summary { cursor: pointer; color: var(--soft); padding: .15rem 0; }
pre { background: var(--code); border-radius: .4rem; padding: .7rem .9rem; margin: .3rem 0 0; overflow-x: auto; line-height: 1.45; }
[hidden] { display: none !important; }
@media (min-width: 56rem) {
  .columns { display: grid; grid-template-columns: 15rem minmax(0, 1fr); gap: 2rem; }
  nav { position: sticky; top: 3.6rem; align-self: start; max-height: calc(100vh - 4rem); overflow-y: auto; padding-bottom: 2rem; }
}
@media (max-width: 55.99rem) { nav { border-bottom: 1px solid var(--line); padding-bottom: 1rem; }
  nav > details > ul { columns: 2 11rem; } nav li { break-inside: avoid; } }
@media (max-width: 36rem) {
  thead { display: none; }
  tbody tr { display: block; border-top: 1px solid var(--line); padding: .4rem 0; }
  tbody th, tbody td { display: block; width: auto !important; border: 0; padding: 0; }
  tbody td { color: var(--soft); }
}
@media print { .search, nav { display: none; } }
`;

/** Hides what doesn't fit: every word has to be in a topic's name, description or fields. */
const SCRIPT = `
const input = document.querySelector('#search');
const found = document.querySelector('#found');
const nav = document.querySelector('nav details');
const items = [...document.querySelectorAll('section')].map((section) => ({
  section,
  link: document.querySelector('nav a[href="#' + CSS.escape(section.id).replaceAll('\\\\', '') + '"]'),
  text: section.dataset.text + ' ' + [...section.querySelectorAll('tbody, .chips')].map((part) => part.textContent.toLowerCase()).join(' '),
}));
function search() {
  const words = input.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let count = 0;
  for (const { section, link, text } of items) {
    const fits = words.every((word) => text.includes(word));
    section.hidden = !fits;
    link.parentElement.hidden = !fits;
    if (fits) count++;
  }
  for (const list of nav.querySelectorAll('ul ul')) list.parentElement.hidden = !list.querySelector('li:not([hidden])');
  for (const group of document.querySelectorAll('.group')) {
    let next = group.nextElementSibling;
    while (next && next.tagName === 'SECTION' && next.hidden) next = next.nextElementSibling;
    group.hidden = !next || next.tagName !== 'SECTION';
  }
  found.textContent = words.length === 0 ? '' : count === 0 ? 'nothing fits' : count + ' found';
}
input.addEventListener('input', search);
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && document.activeElement !== input) { event.preventDefault(); input.focus(); }
  if (event.key === 'Escape' && document.activeElement === input) { input.value = ''; search(); }
});
// A link into what is hidden shows it.
addEventListener('hashchange', () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target?.hidden) { input.value = ''; search(); target.scrollIntoView(); }
});
if (matchMedia('(max-width: 55.99rem)').matches) nav.open = false;
search();
`;

/** One file: nothing is loaded from elsewhere, and nothing can be. */
export function page({ specVersion, count, links, body }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>roomd: topics</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>Topics of roomd</h1>
<p>${count} topics, <code>${specVersion}</code></p>
</header>
<div class="search"><div><input id="search" type="search" placeholder="Search topics and fields (press /)" aria-label="Search topics and fields" autocomplete="off"><output id="found" for="search"></output></div></div>
<div class="columns">
<nav aria-label="Topics"><details open><summary>Index</summary><ul>
${links}
</ul></details></nav>
<main>
${body}
</main>
</div>
<script>${SCRIPT}</script>
</body>
</html>
`;
}
