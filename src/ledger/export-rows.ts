// Rows as files for other programs: JSON lines with everything, and CSV for spreadsheets.

import { type CsvValue, writeCsvRecord } from './csv.ts'
import type { ListedRow } from './listed-row.ts'
import { formatDollars, showRow } from './shown-row.ts'

export type ExportFormat = 'jsonl' | 'csv'

export const exportContentTypes: Readonly<Record<ExportFormat, string>> = { jsonl: 'application/x-ndjson', csv: 'text/csv; charset=utf-8' }

/** Pieces of the file, one for each batch. Without any row a CSV still has its heading. */
export async function* exportRows(batches: AsyncIterable<readonly ListedRow[]>, format: ExportFormat): AsyncGenerator<string, void, undefined> {
  if (format === 'csv') yield writeCsvRecord(Object.keys(columns))
  for await (const rows of batches) yield rows.map(format === 'csv' ? csvRecord : jsonLine).join('')
}

function jsonLine(row: ListedRow): string {
  return `${JSON.stringify(showRow(row))}\n`
}

function csvRecord(row: ListedRow): string {
  return writeCsvRecord(Object.values(columns).map((valueOf) => valueOf(row)))
}

/** Names are those of the JSON; what is a list or an object there is JSON here too, and empty where it has nothing in it. */
const columns: Readonly<Record<string, (row: ListedRow) => CsvValue>> = {
  exchange_id: ({ id }) => id,
  admitted_at: ({ admittedAt }) => admittedAt,
  finished_at: ({ finishedAt }) => finishedAt,
  outcome: ({ outcome }) => outcome,
  status: ({ status }) => status,
  user: ({ caller }) => ownValue(caller, 'user'),
  team: ({ caller }) => ownValue(caller, 'team'),
  other_attributes: ({ caller }) => jsonObject(Object.fromEntries(Object.entries(caller).filter(([name]) => name !== 'user' && name !== 'team'))),
  format: ({ format }) => format,
  stream: ({ stream }) => stream,
  asked_model: ({ askedModel }) => askedModel,
  model: ({ clientModel }) => clientModel,
  downgraded_from: ({ downgradedFrom }) => downgradedFrom,
  provider: ({ provider }) => provider,
  upstream_model: ({ upstreamModel }) => upstreamModel,
  response_model: ({ responseModel }) => responseModel,
  attempts: ({ attempts }) => attempts,
  input_tokens: ({ usage }) => usage?.inputTokens,
  cached_input_tokens: ({ usage }) => usage?.cachedInputTokens,
  cache_creation_input_tokens: ({ usage }) => usage?.cacheCreationInputTokens,
  output_tokens: ({ usage }) => usage?.outputTokens,
  reasoning_tokens: ({ usage }) => usage?.reasoningTokens,
  total_tokens: ({ usage }) => usage?.totalTokens,
  cost_usd: ({ nanoDollars }) => (nanoDollars === undefined ? undefined : formatDollars(nanoDollars)),
  rate_card: ({ rateCard }) => rateCard,
  estimated: ({ estimated }) => estimated,
  flags: ({ flags }) => flags.join(' '),
  costs: ({ costs }) => jsonObject(costs),
  charges: (row) => (row.charges.length === 0 ? '' : JSON.stringify(showRow(row).charges)),
  writer: ({ writer }) => writer,
  seq: ({ seq }) => seq,
}

function ownValue(object: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

function jsonObject(object: object): string {
  return Object.keys(object).length === 0 ? '' : JSON.stringify(object)
}
