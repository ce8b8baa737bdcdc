// How the start page looks. In the system's own colours, light and dark, and on narrow screens one budget below the other.

export const startPageStyle = `
:root { color-scheme: light dark; --ink: light-dark(#1c2024, #e6e8ea); --quiet: light-dark(#5b6570, #9aa4ae); --line: light-dark(#d9dee3, #333a41);
  --page: light-dark(#fff, #15181b); --track: light-dark(#e8ecef, #2a3036); --accent: light-dark(#2f6fde, #6ea0ff); --warn: light-dark(#9a5b00, #f0b24a); --stop: light-dark(#b3261e, #ff8a80) }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 82rem; padding: 1.5rem; color: var(--ink); background: var(--page); font: 15px/1.5 system-ui, sans-serif }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1.5rem }
h1 { margin: 0; font-size: 1.35rem }
p { margin: .5rem 0 }
nav a { margin-right: .75rem }
a { color: var(--accent) }
form { display: flex; flex-wrap: wrap; align-items: end; gap: .75rem; margin: 1rem 0 }
label { display: grid; gap: .15rem; color: var(--quiet); font-size: .85rem }
input, select, button { min-height: 2.2rem; padding: .35rem .6rem; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .35rem; font: inherit }
input { min-width: min(22rem, 80vw); color: var(--ink) }
select { color: var(--ink); background: var(--page) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px }
[hidden] { display: none !important }
.quiet { color: var(--quiet) }
#trouble { padding: .5rem .75rem; color: var(--stop); border: 1px solid currentColor; border-radius: .35rem }
table { width: 100%; border-collapse: collapse }
table.stale { opacity: .5 }
th, td { padding: .5rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
th { color: var(--quiet); font-size: .85rem; font-weight: 600; white-space: nowrap }
td { font-variant-numeric: tabular-nums }
td small { display: block; color: var(--quiet) }
td.name, td.caller { overflow-wrap: anywhere }
td.number { text-align: right; white-space: nowrap }
th.number { text-align: right }
.bar { display: flex; width: 100%; min-width: 8rem; height: .8rem; margin-top: .35rem; overflow: hidden; background: var(--track); border-radius: .25rem }
.bar i { height: 100%; background: var(--accent) }
.bar i.held { background: repeating-linear-gradient(-45deg, var(--accent) 0 3px, transparent 3px 6px) }
.short .bar { --accent: var(--warn) }
/* Nothing is left to fill it: a frame says that it is a bar. */
.empty .bar { --accent: var(--stop); box-shadow: inset 0 0 0 1px var(--stop) }
.action { white-space: nowrap }
.short .action { color: var(--warn); font-weight: 600 }
.empty .action { color: var(--stop); font-weight: 600 }
@media (max-width: 60rem) {
  thead { display: none }
  tr { display: grid; grid-template-columns: repeat(auto-fit, minmax(7rem, 1fr)); padding: .5rem 0; border-bottom: 1px solid var(--line) }
  td, td.number { padding: .2rem .4rem; border: 0; text-align: left }
  td.name, td.caller, td.share { grid-column: 1 / -1 }
  td[data-label]::before { content: attr(data-label); display: block; color: var(--quiet); font-size: .8rem }
}
`
