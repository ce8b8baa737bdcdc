// From the options of `tollgate explain` to the request that is asked about.

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'

export interface QuestionOptions {
  readonly user?: string
  readonly team?: string
  readonly where: readonly string[]
  readonly header: readonly string[]
  readonly model?: string
  readonly maxTokens?: number
  readonly promptTokens?: number
  readonly body?: string
  readonly path?: string
}

const DEFAULT_PATH = '/v1/chat/completions'
/** Four bytes: what is taken for a token before anything was learned. */
const TOKEN = 'word'
/** The admin interface takes 1 MiB, this and what stands around it. */
const MOST_PROMPT_TOKENS = 250_000

/** For `POST /explain`. Throws CommandError for what cannot be meant. */
export async function buildQuestion(options: QuestionOptions, context: Pick<CommandContext, 'cwd'>): Promise<Readonly<Record<string, unknown>>> {
  const { user, team, where, header, path = DEFAULT_PATH } = options
  const attributes = Object.fromEntries([...(user === undefined ? [] : [['user', user]]), ...(team === undefined ? [] : [['team', team]]), ...where.map((text) => splitPair('--where', text))])
  const caller = Object.keys(attributes).length === 0 ? {} : { caller: attributes }
  const headers = Object.fromEntries(header.map((text) => splitPair('--header', text)))
  return { path, headers, ...caller, body: options.body === undefined ? buildBody(options, path) : await readBody(options, options.body, context) }
}

function splitPair(option: string, text: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new CommandError(`${option} ${text}: write a name, = and its value, such as ${option === '--where' ? 'user=alice' : 'priority=high'}.`, 2)
  return [text.slice(0, at), text.slice(at + 1)]
}

async function readBody({ model, maxTokens, promptTokens }: QuestionOptions, file: string, { cwd }: Pick<CommandContext, 'cwd'>): Promise<string> {
  if (model !== undefined || maxTokens !== undefined || promptTokens !== undefined) throw new CommandError('--body has the whole request: leave out --model, --max-tokens and --prompt-tokens.', 2)
  return readFile(resolve(cwd, file), 'utf8').catch((cause: unknown) => {
    throw new CommandError(`--body ${file}: it cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, 1, { cause })
  })
}

/** As clients of the path write it. */
function buildBody({ model, maxTokens, promptTokens = 1 }: QuestionOptions, path: string): Readonly<Record<string, unknown>> {
  if (promptTokens > MOST_PROMPT_TOKENS) throw new CommandError(`--prompt-tokens ${promptTokens}: at most ${MOST_PROMPT_TOKENS} can be asked about.`, 2)
  const text = TOKEN.repeat(promptTokens)
  const named = model === undefined ? {} : { model }
  switch (/([a-z_]+)\/?(?:\?.*)?$/.exec(path)?.[1]) {
    case 'completions':
      return path.includes('chat/') ? { ...named, ...bound('max_tokens', maxTokens), messages: [{ role: 'user', content: text }] } : { ...named, ...bound('max_tokens', maxTokens), prompt: text }
    case 'messages':
      return { ...named, ...bound('max_tokens', maxTokens), messages: [{ role: 'user', content: text }] }
    case 'responses':
      return { ...named, ...bound('max_output_tokens', maxTokens), input: text }
    case 'embeddings':
      return { ...named, input: text }
    default:
      throw new CommandError(`--path ${path}: write the body of such a request into a file, and name that with --body.`, 2)
  }
}

function bound(name: string, maxTokens: number | undefined): Readonly<Record<string, number>> {
  return maxTokens === undefined ? {} : { [name]: maxTokens }
}
