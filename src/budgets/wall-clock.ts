// What the clock on the wall of a time zone shows, and when. Only Intl knows that, and it is slow: whoever asks often keeps the answer.

const SECOND = 1_000
/** Further from UTC than any zone has been since 1970. */
const FARTHEST = 16 * 3_600_000

// There are some 600 zones, so this stays small.
const formats = new Map<string, Intl.DateTimeFormat>()

/** Whether Intl knows the zone: names such as Europe/Berlin, and UTC. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** What the wall clock of `timeZone` is ahead of UTC at a moment, in milliseconds. */
export function zoneOffset(timeZone: string, ms: number): number {
  if (timeZone === 'UTC') return 0
  const seconds = Math.floor(ms / SECOND) * SECOND
  // 12/31/1999, 23:59:59
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = formatOf(timeZone).format(seconds).split(/\D+/).map(Number)
  return Date.UTC(year, month - 1, day, hour, minute, second) - seconds
}

/**
 * The first moment at which the wall clock shows `wall` or something later; `wall` is written as the moment at which UTC would show it. Where a
 * clock is set forward over it, that is the moment of the change; where it is set back, the first of the two.
 */
export function firstMomentAt(timeZone: string, wall: number): number {
  if (timeZone === 'UTC') return wall
  const [from, to] = [wall - FARTHEST, wall + FARTHEST]
  const before = zoneOffset(timeZone, from)
  const after = zoneOffset(timeZone, to)
  if (before === after) return wall - before
  const change = offsetChange(timeZone, from, to)
  return wall - before < change ? wall - before : Math.max(change, wall - after)
}

/** The moment after `from`, at most `to`, at which the offset became what it is at `to`; there is one change between them. */
export function offsetChange(timeZone: string, from: number, to: number): number {
  const after = zoneOffset(timeZone, to)
  let [last, first] = [Math.floor(from / SECOND), Math.ceil(to / SECOND)]
  while (first - last > 1) {
    const middle = Math.floor((last + first) / 2)
    if (zoneOffset(timeZone, middle * SECOND) === after) first = middle
    else last = middle
  }
  return first * SECOND
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(timeZone, format)
  return format
}
