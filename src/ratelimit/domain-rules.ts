// The compiled form of one rate limit file (envoyproxy/ratelimit's YAML): a tree that is walked entry by entry.

/** Units and their numbers are envoy.service.ratelimit.v3.RateLimitResponse.RateLimit.Unit. */
export type LimitUnit = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year'

/** A value of the file's free-form `metadata`. */
export type MetadataValue = null | boolean | number | string | readonly MetadataValue[] | { readonly [key: string]: MetadataValue }

export interface LimitRule {
  readonly unit: LimitUnit
  /** Hits allowed per window; 0 … 2^32-1 as in the original. */
  readonly requestsPerUnit: number
  /** Matches but is never counted. `unit` and `requestsPerUnit` mean nothing then. */
  readonly unlimited: boolean
  /** Target for other rules' `replaces`; '' when unnamed. */
  readonly name: string
  /** Names of rules that do not count in a request in which this rule matches. */
  readonly replaces: readonly string[]
  /** Counted and reported, never denied. */
  readonly shadowMode: boolean
  /** Denies only together: a request is over when all its quota rules are over. */
  readonly quotaMode: boolean
  /**
   * Our extension (`metadata: {tollgate: {deny_at_limit: true}}`): a check with 0 hits is denied once used >= limit.
   * The original denies it only when used > limit, which lets one more request through.
   */
  readonly denyAtLimit: boolean
  /** `domain.key_value.key_value`, as configured: the original's name for statistics. */
  readonly statName: string
  /** The statistics name has the request's values instead of the configured ones. */
  readonly detailedMetric: boolean
  /** What the descriptor says in `metadata`, for the response's dynamic metadata. */
  readonly metadata: { readonly [key: string]: MetadataValue } | undefined
}

export interface RuleNode {
  /** `key_value` or bare `key` → child; tried before the patterns. */
  readonly exact: ReadonlyMap<string, RuleNode>
  /** Children whose `key_value` has a `*`, in file order; `matches` tests the whole `key_value` text. */
  readonly patterns: readonly { readonly text: string; readonly matches: (keyValue: string) => boolean; readonly node: RuleNode }[]
  /** `share_threshold`: the pattern's text, which stands in the counter key instead of the request's value. */
  readonly sharedPattern: string | undefined
  /** This level's part of the statistics name has the request's value. */
  readonly valueToMetric: boolean
  /** The limit that applies when the last entry of a request ends here. */
  readonly rule: LimitRule | undefined
}

export interface DomainRules {
  readonly domain: string
  readonly root: RuleNode
  /** `denyAtLimit` of limits that a request brings along itself, and of every rule that says nothing else. */
  readonly denyAtLimit: boolean
  /** Every path of descriptor keys that ends at a rule, e.g. [['user'], ['user', 'model']]; in file order, without duplicates. */
  readonly keyPaths: readonly (readonly string[])[]
}
