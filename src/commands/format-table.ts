// Tables for terminals: columns as wide as their widest cell, two spaces between, numbers to the right.

/** `rows[0]` is the heading. `right`: columns whose cells end at the same place. */
export function formatTable(rows: readonly (readonly string[])[], { right = [] }: { readonly right?: readonly number[] } = {}): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const cells = (row: readonly string[]): string[] => row.map((cell, column) => (right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
  return rows.map((row) => `${cells(row).join('  ').trimEnd()}\n`).join('')
}
