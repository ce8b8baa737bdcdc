// Whose midnight a day of a budget begins at.

import { isTimeZone } from '../budgets/wall-clock.ts'
import { didYouMean } from './nearest-name.ts'
import type { Parsed } from './problem.ts'

/** A name of the IANA time zone database that Node knows. */
export function parseTimeZone(text: string): Parsed<string> {
  // Newer versions of Node also take offsets such as +02:00, which know no summer.
  if (/^[A-Za-z]/.test(text) && isTimeZone(text)) return { ok: true, value: text }
  return { ok: false, message: `${timeZoneRule}${didYouMean(text, Intl.supportedValuesOf('timeZone'))}` }
}

export const timeZoneRule = 'the IANA name of a time zone, such as UTC, Europe/Berlin or America/New_York'
