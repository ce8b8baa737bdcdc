// Where warnings are posted. Such a URL is often a secret itself, so no message repeats it.

import { parseJwksUrl } from './parse-jwks-url.ts'
import type { Parsed } from './problem.ts'

export interface WebhookUrl {
  readonly url: string
  readonly scheme: 'http' | 'https'
  /** Lower case; IPv6 without brackets. */
  readonly host: string
}

export function parseWebhookUrl(text: string): Parsed<WebhookUrl> {
  const parsed = parseJwksUrl(text)
  return parsed.ok ? parsed : { ok: false, message: webhookUrlRule }
}

export const webhookUrlRule = 'a URL without user, password and fragment, such as https://hooks.example.com/budgets'
