// `tollgate prices`: what models cost, here and on the lists of others, and what fits a budget.

import type { Command } from 'commander'
import type { CommandContext } from './command-context.ts'
import { addPricesDiffCommand } from './prices-diff.ts'
import { addPricesImportCommand } from './prices-import.ts'
import { addPricesListCommand } from './prices-list.ts'
import { addPricesPlanCommand } from './prices-plan.ts'
import { addPricesShowCommand } from './prices-show.ts'

export function addPricesCommand(program: Command, context: CommandContext): void {
  const prices = program.command('prices').description('Show what models cost, compare and import price lists, plan limits for a budget.')
  for (const add of [addPricesListCommand, addPricesShowCommand, addPricesDiffCommand, addPricesImportCommand, addPricesPlanCommand]) add(prices, context)
}
