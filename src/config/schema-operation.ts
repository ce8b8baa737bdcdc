// The shape of what concerns the processes themselves: what they write down, how many there are, and who may ask them.

import { z } from 'zod'
import { byteSizeRule, parseByteSize } from './parse-byte-size.ts'
import { parsePeriod, periodRule } from './parse-period.ts'
import { filePath, intoIssue, parsedText, secretSource } from './schema-names.ts'

const MAX_WORKERS = 64

const ledgerRule = 'off, or a mapping with path, fsync, rotate or keep'
export const ledgerSchema = z
  .union(
    [
      z.literal('off', { error: ledgerRule }),
      z.strictObject({
        path: filePath
          .optional()
          .describe('Folder of its files. Default: one of this configuration under $XDG_STATE_HOME or ~/.local/state.'),
        fsync: z.boolean({ error: 'true or false' }).default(false).describe('Waits until the disk has it, so that it survives a loss of power.'),
        rotate: z
          .union([z.string(), z.number()], { error: byteSizeRule })
          .transform((input, context) => intoIssue(parseByteSize(input), context, input))
          .prefault('64MiB')
          .describe('A file larger than this is followed by a new one.'),
        keep: parsedText(parsePeriod, { allowed: periodRule, pattern: '^[0-9]+[mhd]$' }).prefault('90d').describe('How long files are kept.'),
      }),
    ],
    { error: ledgerRule },
  )
  .describe('The journal of what was held and charged. Without it: as it is by default where there are budgets, else none.')

const workersRule = `a whole number from 1 to ${MAX_WORKERS}`
export const workersSchema = z
  .int({ error: workersRule })
  .min(1, { error: workersRule })
  .max(MAX_WORKERS, { error: workersRule })
  .default(1)
  .describe('How many processes serve Envoy, each on a socket of its own.')

export const adminSchema = z
  .strictObject(
    {
      read_token: secretSource.optional().describe('Whoever reads through the admin interface must send it as a bearer token. Required where listen.admin is not on loopback.'),
      write_token: secretSource.optional().describe('The same for whoever changes things.'),
    },
    { error: 'a mapping with read_token and write_token' },
  )
  .describe('Who may use the admin interface. Without it: everyone who reaches it, which is only who is on this machine.')
