import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { Script, runInNewContext } from 'node:vm'
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

  it('fills a bar with what is left, then with what is held, and says so to those who do not see it', async () => {
    const { script } = await read()
    const bars = await showBars(script, [
      { used: 1, held: 0, remaining: 99, remaining_share: 0.99, limit: 100 },
      { used: 20, held: 10, remaining: 70, remaining_share: 0.7, limit: 100 },
      { used: 100, held: 20, remaining: 0, remaining_share: 0, limit: 100 },
      { used: 0, held: 0, remaining: 0, remaining_share: 0, limit: 0 },
      { used: 4, held: 0, remaining: 9996, remaining_share: 0.9996, limit: 10_000 },
      { used: 71, held: 0, remaining: 29, remaining_share: 0.29, limit: 100 },
      { used: 9004, held: 0, remaining: 996, remaining_share: 0.0996, limit: 10_000 },
    ])
    assert.deepEqual(bars, [
      { number: '99 % left', parts: ['left 99%', 'held 0%'], label: '99 % left, 0 % held' },
      { number: '70 % left', parts: ['left 70%', 'held 10%'], label: '70 % left, 10 % held' },
      { number: '0 % left', parts: ['left 0%', 'held 20%'], label: '0 % left, 20 % held' },
      { number: '0 % left', parts: ['left 0%', 'held 0%'], label: '0 % left, 0 % held' },
      { number: '99 % left', parts: ['left 99.96000000000001%', 'held 0%'], label: '99 % left, 0 % held' },
      { number: '29 % left', parts: ['left 28.999999999999996%', 'held 0%'], label: '29 % left, 0 % held' },
      { number: '9.9 % left', parts: ['left 9.959999999999999%', 'held 0%'], label: '9.9 % left, 0 % held' },
    ])
  })
})

/** As much of an element as the script touches. */
class FakeElement {
  className = ''
  textContent = ''
  value = ''
  hidden = false
  readonly children: FakeElement[] = []
  readonly attributes = new Map<string, string>()
  readonly style = { width: '' }
  readonly dataset: Record<string, string> = {}
  readonly classList = { add: (): void => undefined, remove: (): void => undefined }
  append(...added: readonly FakeElement[]): void {
    this.children.push(...added)
  }
  replaceChildren(...shown: readonly FakeElement[]): void {
    this.children.splice(0, Infinity, ...shown)
  }
  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value)
  }
  addEventListener(): void {
    // Nobody clicks here.
  }
}

/** Runs the script on an answer with these budgets; what its bars show, and the number beside each. */
async function showBars(script: string, amounts: readonly Readonly<Record<string, number>>[]) {
  const byId = new Map<string, FakeElement>()
  const getElementById = (id: string): FakeElement => byId.get(id) ?? byId.set(id, new FakeElement()).get(id) ?? new FakeElement()
  const budgets = amounts.map((each) => ({ budget: 'company', per: [], caller: {}, unit: 'tokens', window: 'day', limit_from: 'limit', resets_at: '2025-12-01T13:00:00.000Z', burn_per_hour: 0, ...each }))
  const answer = { time: '2025-12-01T12:30:00.000Z', budgets, more: false }
  await new Promise<void>((resolve) => {
    runInNewContext(script, {
      document: { hidden: false, getElementById, createElement: () => new FakeElement(), addEventListener: () => undefined },
      sessionStorage: { getItem: () => null },
      URLSearchParams,
      fetch: () => Promise.resolve({ ok: true, status: 200, json: () => Promise.resolve(answer) }),
      clearTimeout: () => undefined,
      // The script asks again later: it has shown everything then.
      setTimeout: () => resolve(),
    })
  })
  return getElementById('rows').children.map((row) => {
    const share = row.children.find(({ className }) => className === 'share')
    const bar = share?.children.find(({ className }) => className === 'bar')
    return { number: share?.textContent, parts: bar?.children.map(({ className, style }) => `${className} ${style.width}`), label: bar?.attributes.get('aria-label') }
  })
}
