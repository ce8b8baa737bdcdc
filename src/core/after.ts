// A store in memory answers at once, one on a network later. Code that serves both says what comes next with this, and costs no promise at once.

/** `next` with the value: now if it is there, else when it is. */
export function after<Value, Result>(value: Value | Promise<Value>, next: (value: Value) => Result | Promise<Result>): Result | Promise<Result> {
  // oxlint-disable-next-line promise/no-callback-in-promise -- whether there is a promise is what this decides
  return value instanceof Promise ? value.then(next) : next(value)
}

/** `value()`, or what `recover` makes of its failure, whether it throws or rejects. */
export function recovering<Value>(value: () => Value | Promise<Value>, recover: (thrown: unknown) => Value | Promise<Value>): Value | Promise<Value> {
  try {
    const result = value()
    return result instanceof Promise ? result.catch(recover) : result
  } catch (thrown) {
    return recover(thrown)
  }
}
