// How much room texts take in a terminal, so that columns stay columns whoever calls himself what.

/** East Asian wide characters and emoji take two cells (Unicode Standard Annex 11); what combines with the character before takes none. */
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1faff}\u{20000}-\u{3fffd}]/u
const COMBINING = /\p{M}/u

/** In cells; of printable text. */
export function displayWidth(text: string): number {
  let width = 0
  for (const character of text) width += cells(character)
  return width
}

/** At most `width` cells; what is cut off is `…` then. */
export function fitText(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  let fitted = ''
  let left = width - 1
  for (const character of text) {
    left -= cells(character)
    if (left < 0) break
    fitted += character
  }
  return width < 1 ? '' : `${fitted}…`
}

/** Control characters and what turns the direction of a line could make a terminal do or show anything; they become U+FFFD. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, '\u{fffd}')
}

function cells(character: string): number {
  if (COMBINING.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}
