// Money is integers: binary floating point cannot hold a tenth of a cent. Rates are pico-dollars (1e-12), amounts nano-dollars (1e-9).

/** Pico-dollars in a nano-dollar. */
export const PICO_PER_NANO = 1000
/** Nano-dollars in a micro-dollar, the unit of limits: Envoy takes no hit above 1e9. */
export const NANO_PER_MICRO = 1000
const NANO_PER_DOLLAR = 1e9

export interface ScaledDecimal {
  readonly value: number
  /** False when digits had to be rounded away. */
  readonly exact: boolean
}

/**
 * The number that `text` says in decimal (`2.50`, `1.25e-06`), times 10^power, to the nearest integer. Computed on its digits, so that what a
 * person writes is what is meant. Undefined for what is no decimal number from 0 on, or beyond the safe integers.
 */
export function scaleDecimal(text: string, power: number): ScaledDecimal | undefined {
  const match = /^(\d{1,40})(?:\.(\d{0,40}))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text)
  if (match === null) return undefined
  const [, whole = '', fraction = '', exponent = '0'] = match
  const digits = BigInt(whole + fraction)
  const shift = power + Number(exponent) - fraction.length
  const divisor = 10n ** BigInt(Math.max(0, -shift))
  const scaled = digits * 10n ** BigInt(Math.max(0, shift))
  const rounded = (scaled + divisor / 2n) / divisor
  if (rounded > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
  return { value: Number(rounded), exact: rounded * divisor === scaled }
}

/** An integer divided by 10^power, in decimal without an exponent or needless zeros: (2500, 3) → `2.5`. */
export function formatDecimal(value: number, power: number): string {
  const digits = String(value).padStart(power + 1, '0')
  const fraction = digits.slice(digits.length - power).replace(/0+$/, '')
  return `${digits.slice(0, digits.length - power)}${fraction === '' ? '' : `.${fraction}`}`
}

/** For logs and metrics, which have no integers of money: the nearest double, whose shortest form is exact below a million dollars. */
export function nanoToDollars(nanoDollars: number): number {
  return nanoDollars / NANO_PER_DOLLAR
}
