import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { Command } from 'commander'
import { scratchFolder } from '../../test/support/grpc-client.ts'
import type { AdminAccess } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import { type AdminAnswer, type AdminRequest, jsonAnswer, textAnswer } from '../edge/admin-page.ts'
import { type AdminServer, startAdminServer } from '../edge/admin-server.ts'
import { addBudgetsCommand } from './budgets.ts'
import { CommandError } from './command-error.ts'

const alice = {
  budget: 'user-hour',
  per: ['user'],
  caller: { user: 'alice' },
  unit: 'tokens',
  limit: 1000,
  limit_from: 'limit',
  used: 600,
  held: 0,
  remaining: 400,
  remaining_share: 0.4,
  window: 'hour (UTC)',
  window_start: '2025-12-01T12:00:00.000Z',
  resets_at: '2025-12-01T13:00:00.000Z',
  burn_per_hour: 1200,
}
const shown = (used: number) => ({ time: '2025-12-01T12:30:00.000Z', budgets: [{ ...alice, used }], more: false })

describe('tollgate budgets', () => {
  let folder: Awaited<ReturnType<typeof scratchFolder>>
  let server: AdminServer
  let access: AdminAccess
  let asked: AdminRequest[]
  let answer: () => AdminAnswer
  beforeEach(async () => {
    folder = await scratchFolder()
    access = { readToken: undefined, writeToken: undefined }
    asked = []
    answer = () => jsonAnswer(shown(600))
    server = await start('127.0.0.1:0')
  })
  afterEach(async () => {
    await server.close()
    await folder.remove()
  })

  function start(address: string): Promise<AdminServer> {
    const pages = {
      '/budgets': {
        GET: (request: AdminRequest) => {
          asked.push(request)
          return answer()
        },
      },
    }
    return startAdminServer({ address, pages, access: () => access, readSecret: () => 'see', onError: () => undefined })
  }

  interface Terminal {
    readonly env?: Readonly<Record<string, string>>
    readonly size?: { readonly columns: number; readonly rows: number }
    /** Called between two tables. */
    readonly sleep?: (end: () => void) => Promise<void>
  }
  async function run(words: readonly string[], { env = {}, size, sleep = () => Promise.resolve() }: Terminal = {}): Promise<string> {
    let stdout = ''
    let end = (): void => undefined
    const terminated = new Promise<void>((resolve) => (end = resolve))
    const program = new Command('tollgate').exitOverride()
    const context = { env, cwd: folder.path, stdout: (text: string) => void (stdout += text), stderr: () => undefined, isTerminal: size !== undefined, terminalSize: () => size, terminated, sleep: () => sleep(end) }
    addBudgetsCommand(program, context)
    await program.parseAsync(['budgets', ...words], { from: 'user' }).catch((thrown: unknown) => {
      // What stays on a screen that is not left would hide the message.
      assert.equal(stdout.includes('\u001b[?1049h'), stdout.includes('\u001b[?1049l'))
      throw thrown
    })
    return stdout
  }
  const refusal = (exitCode: 1 | 2, message: RegExp) => (thrown: unknown) => thrown instanceof CommandError && thrown.exitCode === exitCode && message.test(thrown.message)
  async function configure(extra = ''): Promise<readonly string[]> {
    const path = join(folder.path, 'tollgate.yaml')
    await writeFile(path, `providers: {openai: {api: openai, url: "http://127.0.0.1:1"}}\nmodels: {gpt: {providers: [openai]}}\nlisten: {admin: "${server.address}"}\n${extra}\n`)
    return ['-c', path]
  }

  it('asks where the configuration says, for whom it is asked, and prints the table once where there is no terminal', async () => {
    const stdout = await run([...(await configure()), '--where', 'user=a=b c', '--where', 'sort=x', '--budget', 'user-hour', '--sort', 'budget'])
    assert.match(stdout, /^BUDGET +CALLER[^\n]*\nuser-hour +user=alice [^\n]*\n$/)
    assert.deepEqual([...(asked[0]?.query ?? [])], [['sort', 'budget'], ['limit', '1000'], ['budget', 'user-hour'], ['caller.user', 'a=b c'], ['caller.sort', 'x']])
  })

  it('prints what it got as JSON', async () => {
    assert.deepEqual(JSON.parse(await run(['--admin', server.address, '--json'], { size: { columns: 80, rows: 24 } })), shown(600))
  })

  it('says so when there is nothing to show', async () => {
    answer = () => jsonAnswer({ ...shown(0), budgets: [] })
    assert.match(await run(['--admin', server.address, '--once']), /^No budget to show/)
  })

  it('asks through a unix socket', async () => {
    const local = await start(`unix:${join(folder.path, 'admin.sock')}`)
    try {
      assert.match(await run(['--admin', local.address]), /user=alice/)
    } finally {
      await local.close()
    }
  })

  it('is a live table in a terminal, outlives a Tollgate that is away for a while, and leaves the screen as it was', async () => {
    let rounds = 0
    const replies = [() => jsonAnswer(shown(600)), () => jsonAnswer(shown(700)), () => {
      throw new TollgateError('budgets_unavailable', 'The counters cannot be reached now.')
    }, () => jsonAnswer(shown(800))]
    answer = () => (replies[rounds] ?? (() => textAnswer('?')))()
    const stdout = await run(['--admin', server.address], {
      size: { columns: 120, rows: 10 },
      sleep: (end) => {
        rounds += 1
        if (rounds === replies.length) end()
        return rounds === replies.length ? new Promise(() => undefined) : Promise.resolve()
      },
    })
    const screens = stdout.split('\u001b[H\u001b[J')
    assert.deepEqual([screens[0], stdout.endsWith('\u001b[?25h\u001b[?1049l'), screens.length], ['\u001b[?1049h\u001b[?25l', true, 5])
    const seen = screens.slice(1).map((screen) => [/ ([678]00) /.exec(screen)?.[1], screen.includes('cannot be reached now')])
    assert.deepEqual(seen, [['600', false], ['700', false], ['700', true], ['800', false]])
  })

  it('ends when no further try can mend it', async () => {
    const sleep = (): Promise<void> => {
      access = { readToken: { kind: 'env', name: 'T' }, writeToken: undefined }
      return Promise.resolve()
    }
    await assert.rejects(run(['--admin', server.address], { size: { columns: 70, rows: 10 }, sleep }), refusal(1, /needs a token.*TOLLGATE_ADMIN_TOKEN/))
  })

  describe('where a token is needed', () => {
    beforeEach(() => {
      access = { readToken: { kind: 'env', name: 'T' }, writeToken: undefined }
    })

    it('sends that of the environment, else that of the configuration', async () => {
      const config = await configure('admin: {read_token: {env: ADMIN}}')
      assert.match(await run(config, { env: { ADMIN: 'see' } }), /alice/)
      assert.match(await run(config, { env: { ADMIN: 'x', TOLLGATE_ADMIN_TOKEN: 'see' } }), /alice/)
      assert.match(await run(['--admin', server.address], { env: { TOLLGATE_ADMIN_TOKEN: 'see' } }), /alice/)
      assert.match(await run([...config, '--admin', server.address], { env: { ADMIN: 'see' } }), /alice/)
    })

    it('says what to do without one, or with a wrong one', async () => {
      const config = await configure('admin: {read_token: {env: ADMIN}}')
      await assert.rejects(run(config), refusal(1, /needs a token.*TOLLGATE_ADMIN_TOKEN/))
      await assert.rejects(run(config, { env: { ADMIN: 'wrong' } }), refusal(1, /not the token/))
    })
  })

  it('says what is wrong when nobody answers, or somebody else', async () => {
    const { address } = server
    await server.close()
    await assert.rejects(run(['--admin', address]), refusal(1, /does not answer on 127\.0\.0\.1:\d+: nothing listens there\. Is it running/))
    await assert.rejects(run(['--admin', `unix:${join(folder.path, 'none')}`]), refusal(1, /there is no such socket/))
    server = await start(address)
    answer = () => textAnswer('hello')
    await assert.rejects(run(['--admin', address]), refusal(1, /no admin interface of Tollgate/))
    answer = () => jsonAnswer({})
    await assert.rejects(run(['--admin', address]), refusal(1, /another version/))
  })

  it('says what is wrong with a question', async () => {
    await assert.rejects(run(['--admin', 'nowhere']), refusal(2, /host:port or unix:/))
    await assert.rejects(run(['--admin', server.address, '--where', 'alice']), refusal(2, /user=alice/))
    answer = () => {
      throw new TollgateError('malformed_request', 'There is no budget "x".')
    }
    await assert.rejects(run(['--admin', server.address, '--budget', 'x']), refusal(1, /^There is no budget "x"\.$/))
  })
})
