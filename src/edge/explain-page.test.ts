import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TollgateError } from '../core/errors.ts'
import type { ExplainQuestion } from '../exchange/explain-request.ts'
import type { Explainer } from '../exchange/explainer.ts'
import type { AdminAnswer } from './admin-page.ts'
import { createExplainPage, type Explanation } from './explain-page.ts'

const known: Explanation = { time: '2026-01-01T00:00:00.000Z', exchange_id: 'known', decision: 'admitted', caller: {}, models: [] }

function setUp() {
  const asked: ExplainQuestion[] = []
  const explainer: Explainer = {
    find: (id) => Promise.resolve(id === 'known' ? { explanation: known } : { explanation: null, since: '2026-01-01T00:00:00.000Z' }),
    explain: (question) => {
      asked.push(question)
      return Promise.resolve(known)
    },
  }
  const page = createExplainPage(explainer)
  return {
    page,
    asked,
    get: async (query: string) => page.GET?.({ method: 'GET', path: '/explain', query: new URLSearchParams(query), body: undefined }),
    post: async (body: unknown) => page.POST?.({ method: 'POST', path: '/explain', query: new URLSearchParams(), body }),
  }
}

function text(answer: AdminAnswer | undefined): string {
  assert.equal(typeof answer?.body, 'string')
  return answer?.body as string
}

describe('/explain', () => {
  it('is for readers, whatever the method', () => {
    assert.equal(setUp().page.access, 'read')
  })

  it('explains an exchange by its id, and says how far back it knows them', async () => {
    const { get } = setUp()
    assert.deepEqual(JSON.parse(text(await get('id=known'))), known)
    const unknown = await get('id=other')
    assert.equal(unknown?.status, 404)
    assert.match(text(unknown), /"code":"unknown_exchange","message":"The exchange \\"other\\" is not known here\. All that have ended since 2026-01-01T00:00:00\.000Z are; .* ledger/)
    await assert.rejects(get(''), { message: /^id: / })
    await assert.rejects(get('id=known&user=alice'), { message: /^user: / })
  })

  it('asks about a request as it was sent', async () => {
    const { post, asked } = setUp()
    await post({ body: { model: 'gpt-4o' } })
    await post({ path: '/v1/messages', headers: { 'X-Team': 'eng' }, body: ' {"model": "a"}', caller: { user: 'alice' } })
    assert.deepEqual(asked, [
      { path: '/v1/chat/completions', headers: {}, body: '{"model":"gpt-4o"}', caller: undefined },
      { path: '/v1/messages', headers: { 'x-team': 'eng' }, body: ' {"model": "a"}', caller: { user: 'alice' } },
    ])
  })

  it('names the field that is wrong', async () => {
    const { post, asked } = setUp()
    const wrong: readonly (readonly [unknown, RegExp])[] = [
      [undefined, /^Send a JSON object such as /],
      [[], /^Send a JSON object such as /],
      [{ body: {}, model: 'gpt-4o' }, /^model: there is no such field; there are: path, headers, body, caller\.$/],
      [{}, /^body: the client's request body is missing/],
      [{ body: 1 }, /^body: /],
      [{ body: {}, path: 1 }, /^path: /],
      [{ body: {}, headers: [] }, /^headers: /],
      [{ body: {}, headers: { 'x-a': 1 } }, /^headers\.x-a: its value must be a text\.$/],
      [{ body: {}, headers: { ':path': '/' } }, /^headers\.:path: this is no name of a header\.$/],
      [{ body: {}, caller: 'alice' }, /^caller: /],
      [{ body: {}, caller: { user: 1 } }, /^caller\.user: its value must be a text/],
      [{ body: {}, caller: { user: '' } }, /^caller\.user: /],
    ]
    for (const [body, message] of wrong) await assert.rejects(post(body), (thrown: unknown) => thrown instanceof TollgateError && thrown.code === 'malformed_request' && message.test(thrown.message))
    assert.equal(asked.length, 0)
  })
})
