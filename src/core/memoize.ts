// What follows from the configuration alone is worked out once for each configuration, not for each request.

/** `compute`, called once for each object. Only for objects that never change; a result lives as long as its object. */
export function memoize<Key extends object, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, { readonly value: Value }>()
  return (key) => {
    let entry = known.get(key)
    if (entry === undefined) {
      entry = { value: compute(key) }
      known.set(key, entry)
    }
    return entry.value
  }
}
