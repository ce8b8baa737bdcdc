// `list.push(...items)` puts every item on the stack, and a body of a few megabytes can have more parts than there is room for.

export function appendAll<Item>(list: Item[], items: readonly Item[]): void {
  for (const item of items) list.push(item)
}
