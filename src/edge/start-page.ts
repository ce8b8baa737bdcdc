// `/`: the budgets in a browser, in one page that loads nothing from anywhere. It holds no data itself, so it is open to everybody; what it asks for is not.

import { createHash } from 'node:crypto'
import type { AdminPage } from './admin-page.ts'
import { startPageScript } from './start-page-script.ts'
import { startPageStyle } from './start-page-style.ts'

/** Name → class of its cells. */
const columns: readonly (readonly [string, string])[] = [
  ['budget', ''],
  ['caller', ''],
  ['share', ''],
  ...['used', 'held', 'left', 'limit', 'resets in', 'per hour'].map((name) => [name, 'number'] as const),
  ['next request', ''],
]
const headings = columns.map(([name, className]) => `<th scope="col" class="${className}">${name}</th>`).join('')

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tollgate: budgets</title>
<link rel="icon" href="data:,">
<style>${startPageStyle}</style>
</head>
<body>
<header>
<h1>Tollgate: budgets</h1>
<span id="time" class="quiet"></span>
<nav><a href="readyz">readiness</a></nav>
</header>
<p id="trouble" role="alert" hidden></p>
<form id="login" hidden>
<label>Token for reading (kept until this tab is closed)<input id="token" type="password" autocomplete="off" required></label>
<button>Show</button>
</form>
<main id="view">
<form id="filter">
<label>Whose<input id="where" placeholder="user=alice budget=team-month" autocomplete="off" spellcheck="false"></label>
<label>First<select id="sort"><option value="remaining">the least left</option><option value="budget">by budget</option></select></label>
<button>Show</button>
</form>
<table id="table" hidden>
<thead><tr>${headings}</tr></thead>
<tbody id="rows"></tbody>
</table>
<p id="nothing" class="quiet" hidden>No budget to show: none is configured, or nothing was spent yet by whom you look for.</p>
<p id="more" class="quiet" hidden>There are more; say whose budgets to show.</p>
<noscript><p>This page needs JavaScript. The same as JSON: <a href="budgets">budgets</a>; in a terminal: tollgate budgets</p></noscript>
</main>
<script>${startPageScript}</script>
</body>
</html>
`

// Only this very script may run, and it may speak to nobody but us.
const policy = [
  "default-src 'none'",
  `script-src 'sha256-${sha256(startPageScript)}'`,
  "style-src 'unsafe-inline'",
  'img-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export const startPage: AdminPage = {
  access: 'open',
  GET: () => ({ status: 200, contentType: 'text/html; charset=utf-8', body: html, headers: { 'content-security-policy': policy } }),
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
