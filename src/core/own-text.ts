// V8 makes a part of a text by pointing into it, so a name of 20 characters that is kept keeps the whole text alive that it was cut from.

/** Parts that are shorter are copies anyway (V8's SlicedString::kMinLength). */
const LEAST_VIEW = 13

/** The same text, for keeping: nothing longer stays alive with it. */
export function ownText(text: string): string {
  return text.length < LEAST_VIEW ? text : Buffer.from(text).toString()
}
