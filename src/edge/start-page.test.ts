import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { Script } from 'node:vm'
import { startPage } from './start-page.ts'

describe('the start page', () => {
  async function read() {
    const answer = await startPage.GET?.({ method: 'GET', path: '/', query: new URLSearchParams(), body: undefined })
    const html = typeof answer?.body === 'string' ? answer.body : ''
    return { html, script: /<script>([^]*?)<\/script>/.exec(html)?.[1] ?? '', policy: answer?.headers?.['content-security-policy'] ?? '' }
  }

  it('has a script that a browser can read, and that its policy lets run: this one and no other', async () => {
    const { script, policy } = await read()
    assert.ok(new Script(script))
    assert.ok(policy.includes(`script-src 'sha256-${createHash('sha256').update(script).digest('base64')}';`), policy)
  })

  it('loads nothing, and takes no data for markup', async () => {
    const { html, script } = await read()
    assert.doesNotMatch(html, /(?:src|href)="(?!data:,"|readyz"|budgets")|@import|url\(/)
    assert.doesNotMatch(script, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval/)
  })

  it('has every element that its script looks for', async () => {
    const { html, script } = await read()
    const wanted = [...script.matchAll(/byId\('(\w+)'\)/g)].map((match) => match[1] ?? '')
    assert.ok(wanted.length > 5)
    for (const id of wanted) assert.ok(html.includes(` id="${id}"`), id)
  })
})
