// `tollgate explain`: why a request would be, or an exchange was, allowed, denied or downgraded, and at what price.

import { type Command, InvalidArgumentError } from 'commander'
import type { Explanation } from '../edge/explain-page.ts'
import { type AdminOptions, type AdminReply, addAdminOptions, askAdmin, findAdmin } from './ask-admin.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'
import { buildQuestion, type QuestionOptions } from './explain-question.ts'
import { formatExplanation } from './explain-text.ts'

interface ExplainOptions extends AdminOptions, QuestionOptions {
  readonly json?: boolean
}

export function addExplainCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('explain')
    .description('Tell why an exchange was allowed, denied or downgraded, or what would become of a request: which budgets count it and which just miss, what is left, price, estimate, decision. Asks the running Tollgate; sends nothing to a provider.')
    .argument('[exchange-id]', 'of an exchange that is over: the header x-tollgate-exchange-id of its answer, exchange_id in the log')
  addAdminOptions(command)
  command
    .option('--user <name>', 'the same as --where user=NAME')
    .option('--team <name>', 'the same as --where team=NAME')
    .option('--where <attribute=value>', 'an attribute of the caller; may be repeated', collect, [])
    .option('--model <name>', 'the model that is asked for')
    .option('--max-tokens <n>', "the client's bound on the answer", parseCount)
    .option('--prompt-tokens <n>', 'about so many tokens of input', parseCount)
    .option('--body <file>', 'the whole body of the request, instead of these three')
    .option('--header <name=value>', 'a header of the request, such as one that a route asks for; may be repeated', collect, [])
    .option('--path <path>', 'the path of the request', '/v1/chat/completions')
    .option('--json', 'print all of it as JSON')
    .action(async (id: string | undefined, options: ExplainOptions) => explain(id, options, command, context))
}

function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value]
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Write a number from 1 on.')
}

async function explain(id: string | undefined, options: ExplainOptions, command: Command, context: CommandContext): Promise<void> {
  const { user, team, where, header, model, maxTokens, promptTokens, body } = options
  const describes = [user, team, model, maxTokens, promptTokens, body].some((option) => option !== undefined) || where.length > 0 || header.length > 0 || command.getOptionValueSource('path') !== 'default'
  if (id !== undefined && describes) throw new CommandError('Name an exchange, or describe a request: not both.', 2)
  if (id === undefined && !describes) throw new CommandError('Name an exchange, or describe a request, such as --user alice --model gpt-4o.', 2)
  const question = id === undefined ? await buildQuestion(options, context) : undefined
  const target = await findAdmin(options, command, context)
  const explanation = requireExplanation(await askAdmin(target, '/explain', new URLSearchParams(id === undefined ? {} : { id }), question))
  if (options.json === true) return context.stdout(`${JSON.stringify(explanation, undefined, 2)}\n`)
  context.stdout(formatExplanation(explanation))
  if (id === undefined && explanation.error?.code === 'caller_missing') context.stderr('Say who asks: --user alice, --where attribute=value.\n')
}

function requireExplanation(reply: AdminReply): Explanation {
  if (!reply.ok) throw new CommandError(reply.message)
  if (typeof reply.value['decision'] === 'string' && Array.isArray(reply.value['models'])) {
    // The shape that `/explain` of this version has.
    return reply.value as unknown as Explanation
  }
  throw new CommandError('The answer is no explanation: that Tollgate is of another version.')
}
