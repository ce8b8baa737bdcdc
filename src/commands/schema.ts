// `tollgate schema`: the JSON Schema of tollgate.yaml, for editors and for other tools.

import type { Command } from 'commander'
import { configJsonSchema } from '../config/json-schema.ts'
import type { CommandContext } from './command-context.ts'

export function addSchemaCommand(program: Command, context: CommandContext): void {
  program
    .command('schema')
    .description('Print the JSON Schema of tollgate.yaml.')
    .action(() => context.stdout(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`))
}
