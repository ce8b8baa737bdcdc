// `tollgate mock`: one mock provider by itself, for a compose file or a test of your own.

import { type Command, Option } from 'commander'
import { type MockProviderOptions, startMockProvider } from '../mock/mock-provider.ts'
import { parseFailure } from '../mock/parse-failure.ts'
import { providerBehaviours } from '../mock/provider-behaviours.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'

interface MockOptions {
  readonly api: MockProviderOptions['api']
  readonly listen: string
  readonly fail?: string
}

export function addMockCommand(program: Command, context: CommandContext): void {
  program
    .command('mock')
    .description('Play one LLM provider: friendly answers, exact token counts, no bill.')
    .addOption(new Option('--api <api>', 'whose API it speaks').choices(Object.keys(providerBehaviours)).default('openai'))
    .option('--listen <address>', 'where it listens', '127.0.0.1:8000')
    .option('--fail <how>', 'fail from the start: 429, 503:0.2 for a fifth of the requests, reset, 429+503+reset in turns')
    .action(async (options: MockOptions) => mock(options, context))
}

async function mock({ api, listen, fail }: MockOptions, context: CommandContext): Promise<void> {
  const mode = fail === undefined ? undefined : parseFailure(fail)
  if (mode?.ok === false) throw new CommandError(`--fail ${fail ?? ''}: ${mode.message}`)
  const provider = await startMockProvider({ api, address: listen }).catch((cause: unknown) => {
    throw new CommandError(`The mock could not start on ${listen}: ${cause instanceof Error ? cause.message : String(cause)}`, 1, { cause })
  })
  if (mode !== undefined) provider.setFailure(mode.value)
  context.stderr(`A mock of ${api} listens on ${provider.url}. GET /mock/served tells what it served, POST /mock/failure {"status":429} makes it fail; Ctrl-C stops it.\n`)
  await context.terminated
  await provider.close()
}
