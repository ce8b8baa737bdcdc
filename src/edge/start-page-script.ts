// What the start page does in a browser: asks for /budgets every two seconds and shows the answer. All that is shown is set as text, never as markup.

export const startPageScript = String.raw`
'use strict'
const REFRESH_MS = 2000
const TOKEN_KEY = 'tollgate-token'
const byId = (id) => document.getElementById(id)
const rows = byId('rows')
let timer

function element(name, className, text) {
  const made = document.createElement(name)
  if (className) made.className = className
  if (text !== undefined) made.textContent = text
  return made
}

function formatAmount(unit, amount) {
  if (unit !== 'usd') return Math.round(amount).toLocaleString('en-US')
  const digits = amount !== 0 && Math.abs(amount) < 1 ? 4 : 2
  return '$' + amount.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

function formatShare(share) {
  // Never more than there is: 100 % means untouched. The addition is for shares like 0.29, which times 100 is a little less than 29.
  const percent = share * 100 + 1e-9
  return (share > 0 && percent < 10 ? (Math.floor(percent * 10) / 10).toFixed(1) : Math.floor(percent)) + ' %'
}

function formatTime(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return seconds + ' s'
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return minutes + ' min ' + (seconds % 60) + ' s'
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? hours + ' h ' + (minutes % 60) + ' min' : Math.floor(hours / 24) + ' d ' + (hours % 24) + ' h'
}

function cell(className, label, text, note) {
  const made = element('td', className, text)
  if (label) made.dataset.label = label
  if (note) made.append(element('small', '', note))
  return made
}

function barOf(shown) {
  // Filled with what is left, as the number above it says; then what is held, which may come back. The rest is used.
  const bar = element('div', 'bar')
  const heldShare = shown.limit > 0 ? Math.min(shown.held / shown.limit, 1 - shown.remaining_share) : 0
  const left = element('i', 'left')
  left.style.width = 100 * shown.remaining_share + '%'
  const held = element('i', 'held')
  held.style.width = 100 * heldShare + '%'
  bar.append(left, held)
  bar.setAttribute('role', 'img')
  bar.setAttribute('aria-label', formatShare(shown.remaining_share) + ' left, ' + formatShare(heldShare) + ' held')
  return bar
}

function rowOf(shown, nowMs) {
  const amount = (value) => formatAmount(shown.unit, value)
  const row = element('tr', shown.remaining === 0 ? 'empty' : shown.action ? 'short' : '')
  const scope = [['models', shown.models], ['providers', shown.providers], ['routes', shown.routes]].flatMap(([what, names]) => (names ? [what + ' ' + names.join(', ')] : []))
  const caller = shown.per.map((name) => name + '=' + (shown.caller[name] ?? '(none)')).join(' ')
  const share = cell('share', '', formatShare(shown.remaining_share) + ' left')
  share.append(barOf(shown))
  const goneMs = shown.gone_at ? Date.parse(shown.gone_at) - nowMs : undefined
  row.append(
    cell('name', '', shown.budget, [shown.unit.replaceAll('_', ' ') + (shown.window.startsWith('any') ? ' in ' : ' per ') + shown.window, ...scope].join(' · ')),
    cell('caller', '', caller || 'everybody'),
    share,
    cell('number', 'used', amount(shown.used)),
    cell('number', 'held', amount(shown.held)),
    cell('number', 'left', amount(shown.remaining)),
    cell('number', 'limit', amount(shown.limit), shown.limit_from === 'limit' ? '' : shown.limit_from),
    cell('number', 'resets in', formatTime(Date.parse(shown.resets_at) - nowMs)),
    cell('number', 'per hour', amount(shown.burn_per_hour), goneMs === undefined || goneMs <= 0 ? '' : 'gone in ' + formatTime(goneMs)),
    cell('action', 'next request', shown.action === undefined ? 'passes' : shown.action),
  )
  return row
}

function show(answer) {
  const nowMs = Date.parse(answer.time)
  rows.replaceChildren(...answer.budgets.map((shown) => rowOf(shown, nowMs)))
  byId('table').classList.remove('stale')
  byId('table').hidden = answer.budgets.length === 0
  byId('nothing').hidden = answer.budgets.length > 0
  byId('more').hidden = !answer.more
  byId('time').textContent = 'as of ' + new Date(nowMs).toLocaleTimeString()
}

function say(text) {
  byId('trouble').textContent = text
  byId('trouble').hidden = text === ''
}

function questions() {
  const query = new URLSearchParams()
  for (const word of byId('where').value.split(/\s+/).filter(Boolean)) {
    const at = word.indexOf('=')
    if (at < 1) throw new Error('Write what to show as attribute=value, such as user=alice.')
    query.append(word.slice(0, at), word.slice(at + 1))
  }
  query.append('sort', byId('sort').value)
  return query
}

async function ask() {
  const token = sessionStorage.getItem(TOKEN_KEY)
  const response = await fetch('budgets?' + questions(), { headers: token ? { authorization: 'Bearer ' + token } : {}, cache: 'no-store' })
  const answer = await response.json()
  const isAsked = response.status === 401 || answer.error?.code === 'token_wrong'
  byId('login').hidden = !isAsked
  byId('view').hidden = isAsked
  if (isAsked) {
    rows.replaceChildren()
    say(token ? answer.error.message : '')
    return false
  }
  if (!response.ok) throw new Error(answer.error.message)
  show(answer)
  say('')
  return true
}

async function refresh() {
  clearTimeout(timer)
  let goesOn = true
  try {
    if (!document.hidden) goesOn = await ask()
  } catch (error) {
    byId('table').classList.add('stale')
    say(error instanceof TypeError ? 'Tollgate does not answer: ' + error.message : error.message)
  }
  if (goesOn) timer = setTimeout(refresh, REFRESH_MS)
}

byId('login').addEventListener('submit', (event) => {
  event.preventDefault()
  sessionStorage.setItem(TOKEN_KEY, byId('token').value.trim())
  byId('token').value = ''
  refresh()
})
byId('filter').addEventListener('submit', (event) => {
  event.preventDefault()
  refresh()
})
byId('sort').addEventListener('change', refresh)
document.addEventListener('visibilitychange', refresh)
refresh()
`
