import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { AdminAccess } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import { type AdminPages, type AdminRequest, jsonAnswer, textAnswer } from './admin-page.ts'
import { type AdminServer, startAdminServer } from './admin-server.ts'

const READ = { kind: 'env', name: 'READ' } as const
const WRITE = { kind: 'env', name: 'WRITE' } as const
const nobody: AdminAccess = { readToken: undefined, writeToken: undefined }
const both: AdminAccess = { readToken: READ, writeToken: WRITE }

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

describe('the admin interface', () => {
  let server: AdminServer
  let errors: unknown[]
  let asked: AdminRequest[]
  let secrets: Record<string, string | undefined>
  let access: AdminAccess

  const note = (question: AdminRequest) => {
    asked.push(question)
    return textAnswer('noted\n')
  }
  let pieces: string[]
  let isClosed: Promise<void>
  let close: () => void
  async function* stream() {
    try {
      for (const piece of pieces) yield piece
    } finally {
      close()
    }
  }
  const file = Readable.from(['a,b\n'])
  async function* torn() {
    yield await Promise.resolve('a,b\n')
    throw new Error('the disk is gone')
  }
  const pages: AdminPages = {
    '/open': { access: 'open', GET: () => textAnswer('ok\n') },
    '/data': { GET: note },
    '/thing': { GET: note, POST: note, DELETE: note },
    '/ask': { access: 'read', POST: (question) => jsonAnswer(note(question).status) },
    '/stream': { GET: () => ({ status: 200, contentType: 'text/csv', body: stream(), headers: { 'content-disposition': 'attachment' } }) },
    '/file': { GET: () => ({ status: 200, contentType: 'text/csv', body: file }) },
    '/torn': {
      GET: () => ({ status: 200, contentType: 'text/csv', body: torn() }),
    },
    '/broken': {
      GET: () => {
        throw new Error('hunter2')
      },
    },
    '/picky': {
      GET: () => {
        throw new TollgateError('malformed_request', 'There is no budget of that name.')
      },
    },
  }

  beforeEach(async () => {
    errors = []
    asked = []
    pieces = ['a,b\n', '1,2\n']
    secrets = { READ: 'see', WRITE: 'change' }
    access = nobody
    ;({ promise: isClosed, resolve: close } = withResolvers())
    server = await start('127.0.0.1:0')
  })
  afterEach(() => server.close())

  function start(address: string): Promise<AdminServer> {
    return startAdminServer({ address, pages, access: () => access, readSecret: (source) => (source.kind === 'env' ? secrets[source.name] : undefined), onError: (error) => errors.push(error) })
  }

  function ask(method: string, path: string, { headers = {}, body = '', target = tcp(server) }: { headers?: Record<string, string>; body?: string; target?: object } = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const call = request({ ...target, method, path, headers, agent: false }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
        response.on('error', reject)
      })
      call.on('error', reject)
      call.end(body)
    })
  }
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
  const refusal = ({ status, text }: Answer) => [status, (JSON.parse(text) as { error: { code: string } }).error.code]

  describe('the pages', () => {
    it('get the method, the path, the query and the JSON of the body', async () => {
      await ask('GET', '/thing?user=a%20b&user=c&x')
      await ask('POST', '/thing', { body: '{"a": [1]}' })
      await ask('DELETE', '/thing?id=7')
      assert.deepEqual(
        asked.map(({ method, path, query, body }) => [method, path, [...query], body]),
        [
          ['GET', '/thing', [['user', 'a b'], ['user', 'c'], ['x', '']], undefined],
          ['POST', '/thing', [], { a: [1] }],
          ['DELETE', '/thing', [['id', '7']], undefined],
        ],
      )
    })

    it('answer HEAD with the headers of GET, and everything with what keeps browsers from keeping or guessing', async () => {
      const { status, headers, text } = await ask('HEAD', '/open')
      assert.deepEqual([status, text, headers['content-length'], headers['content-type']], [200, '', '3', 'text/plain; charset=utf-8'])
      assert.deepEqual([headers['cache-control'], headers['x-content-type-options']], ['no-store', 'nosniff'])
    })

    it('are named when another one is asked for, and their methods when another one is used', async () => {
      const unknown = await ask('GET', '/toString')
      assert.deepEqual(refusal(unknown), [404, 'unknown_page'])
      assert.match(unknown.text, /\/open \/data \/thing/)
      for (const [method, path, allowed] of [['POST', '/data', 'GET, HEAD'], ['GET', '/ask', 'POST'], ['OPTIONS', '/thing', 'GET, HEAD, POST, DELETE']] as const) {
        const wrong = await ask(method, path)
        assert.deepEqual([...refusal(wrong), wrong.headers['allow']], [405, 'method_not_allowed', allowed])
      }
    })

    it('get no body that is no JSON, and none over a mebibyte', async () => {
      assert.deepEqual(refusal(await ask('POST', '/thing', { body: '{' })), [400, 'body_not_json'])
      assert.deepEqual(refusal(await ask('POST', '/thing', { body: JSON.stringify('x'.repeat(1024 * 1024)) })), [413, 'body_too_large'])
      assert.equal((await ask('POST', '/thing', { body: JSON.stringify('x'.repeat(1024 * 1024 - 2)) })).status, 200)
      assert.equal(asked.length, 1)
    })

    it('can say what is wrong with a question; what else they throw is for the log', async () => {
      const picky = await ask('GET', '/picky')
      assert.deepEqual([...refusal(picky), picky.text.includes('There is no budget of that name.')], [400, 'malformed_request', true])
      assert.deepEqual(errors, [])
      const broken = await ask('GET', '/broken')
      assert.deepEqual([...refusal(broken), broken.text.includes('hunter2')], [500, 'internal', false])
      assert.deepEqual(errors.map(String), ['Error: hunter2'])
    })

    it('may answer piece by piece', async () => {
      const { headers, text } = await ask('GET', '/stream')
      assert.deepEqual([headers['content-type'], headers['content-disposition'], text], ['text/csv', 'attachment', 'a,b\n1,2\n'])
      assert.deepEqual([(await ask('HEAD', '/stream')).text, errors], ['', []])
    })

    it('let go of what they would have read when only the headers are asked for', async () => {
      assert.deepEqual([(await ask('HEAD', '/file')).status, file.destroyed], [200, true])
    })

    it('cut an answer that they cannot finish, so that nobody takes it for whole', async () => {
      await assert.rejects(ask('GET', '/torn'), { code: 'ECONNRESET' })
      assert.deepEqual(errors.map(String), ['Error: the disk is gone'])
    })

    it('are told to stop when the client goes, and nobody hears of it', async () => {
      pieces = ['x'.repeat(64 * 1024 * 1024)]
      const call = request({ ...tcp(server), path: '/stream', agent: false }, (response) => response.once('data', () => call.destroy()))
      call.on('error', () => undefined)
      call.end()
      await isClosed
      assert.equal((await ask('GET', '/open')).status, 200)
      assert.deepEqual(errors, [])
    })
  })

  describe('with tokens', () => {
    beforeEach(() => {
      access = both
    })

    it('shows data to readers and writers, and what is open to all', async () => {
      assert.equal((await ask('GET', '/open')).status, 200)
      const without = await ask('GET', '/data')
      assert.deepEqual([...refusal(without), without.headers['www-authenticate']], [401, 'token_required', 'Bearer realm="tollgate"'])
      assert.deepEqual(refusal(await ask('GET', '/data', { headers: { authorization: 'Basic c2Vl' } })), [401, 'token_required'])
      assert.equal((await ask('HEAD', '/data')).status, 401)
      for (const token of ['seen', 'se', 'SEE', 'see see']) assert.deepEqual(refusal(await ask('GET', '/data', bearer(token))), [403, 'token_wrong'], token)
      assert.equal(asked.length, 0)
      assert.equal((await ask('GET', '/data', bearer('see'))).status, 200)
      assert.equal((await ask('GET', '/data', bearer('change'))).status, 200)
      assert.equal((await ask('POST', '/ask', bearer('see'))).status, 200)
    })

    it('lets only writers change things', async () => {
      for (const method of ['POST', 'DELETE']) {
        assert.deepEqual(refusal(await ask(method, '/thing')), [401, 'token_required'])
        assert.deepEqual(refusal(await ask(method, '/thing', bearer('see'))), [403, 'token_read_only'])
        assert.deepEqual(refusal(await ask(method, '/thing', bearer('wrong'))), [403, 'token_wrong'])
        assert.equal((await ask(method, '/thing', bearer('change'))).status, 200)
      }
    })

    it('goes by the token as it is now', async () => {
      secrets['READ'] = 'renewed'
      assert.deepEqual(refusal(await ask('GET', '/data', bearer('see'))), [403, 'token_wrong'])
      assert.equal((await ask('GET', '/data', bearer('renewed'))).status, 200)
      access = nobody
      assert.equal((await ask('GET', '/data')).status, 200)
    })

    it('lets nobody in while the tokens cannot be had', async () => {
      secrets = {}
      assert.deepEqual(refusal(await ask('GET', '/data', bearer(''))), [503, 'token_unavailable'])
      assert.deepEqual(refusal(await ask('POST', '/thing', bearer('undefined'))), [503, 'token_unavailable'])
      assert.equal((await ask('GET', '/open')).status, 200)
    })

    it('takes no changes where only reading has a token, and asks for none to read where only writing has one', async () => {
      access = { readToken: READ, writeToken: undefined }
      assert.deepEqual(refusal(await ask('POST', '/thing', bearer('see'))), [403, 'writing_not_allowed'])
      access = { readToken: undefined, writeToken: WRITE }
      assert.equal((await ask('GET', '/data')).status, 200)
      assert.deepEqual(refusal(await ask('POST', '/thing')), [401, 'token_required'])
    })

    it('asks by any name, also beyond this machine', async () => {
      assert.equal((await ask('GET', '/data', { headers: { host: 'tollgate.example', authorization: 'bearer  see ' } })).status, 200)
    })
  })

  describe('without tokens', () => {
    it('answers nothing but what is open to a name that may have been pointed at this machine', async () => {
      for (const host of ['evil.example', 'evil.example:9090', '10.0.0.7:9090', '127.0.0.1.evil.example', 'localhost@evil.example']) {
        assert.deepEqual(refusal(await ask('GET', '/data', { headers: { host } })), [403, 'host_not_allowed'], host)
      }
      for (const host of ['localhost', 'localhost:9090', '127.0.0.1:1', '[::1]:9090']) assert.equal((await ask('GET', '/data', { headers: { host } })).status, 200, host)
      assert.equal((await ask('GET', '/open', { headers: { host: 'probe.example' } })).status, 200)
    })

    it('takes no change that the page of another site sent', async () => {
      const host = '127.0.0.1:9090'
      const foreign = [{ origin: 'https://evil.example' }, { origin: 'null' }, { origin: 'http://127.0.0.1:8000' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]
      for (const headers of foreign) assert.deepEqual(refusal(await ask('POST', '/thing', { headers: { host, ...headers } })), [403, 'cross_site'], JSON.stringify(headers))
      const own = [{}, { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'none' }]
      for (const headers of own) assert.equal((await ask('POST', '/thing', { headers: { host, ...headers } })).status, 200, JSON.stringify(headers))
    })

    it('shows no data where others could connect', async () => {
      const wide = await start('0.0.0.0:0')
      try {
        const target = { host: '127.0.0.1', port: Number(wide.address.split(':')[1]) }
        assert.deepEqual(refusal(await ask('GET', '/data', { target })), [403, 'token_not_configured'])
        assert.equal((await ask('GET', '/open', { target })).status, 200)
      } finally {
        await wide.close()
      }
    })

    it('leaves a unix socket to its permissions', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'tollgate-admin-'))
      const socketPath = join(folder, 'admin.sock')
      const local = await start(`unix:${socketPath}`)
      try {
        assert.equal((await ask('POST', '/thing', { target: { socketPath }, headers: { host: 'admin' } })).status, 200)
      } finally {
        await local.close()
        await rm(folder, { recursive: true })
      }
    })
  })
})

function tcp({ address }: AdminServer): { readonly host: string; readonly port: number } {
  return { host: '127.0.0.1', port: Number(address.split(':')[1]) }
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve }
}
