// envoy.service.ratelimit.v3.RateLimitService as values: what decode-request yields and encode-response takes.

import type { LimitUnit } from './domain-rules.ts'

export interface DescriptorEntry {
  readonly key: string
  readonly value: string
}

/** A limit that the request itself brings for a descriptor; `unitNumber` is not checked yet. */
export interface LimitOverride {
  readonly requestsPerUnit: number
  readonly unitNumber: number
}

export interface Descriptor {
  readonly entries: readonly DescriptorEntry[]
  readonly limit: LimitOverride | undefined
  /** 0 … 2^64-1. Undefined is not 0: 0 only checks, undefined takes the request's number. */
  readonly hitsAddend: bigint | undefined
  /** The hits are given back instead of charged. */
  readonly isNegativeHits: boolean
}

export interface RateLimitRequest {
  readonly domain: string
  readonly descriptors: readonly Descriptor[]
  /** For descriptors without their own; 0 means 1. */
  readonly hitsAddend: number
}

/** The limit that a status is about. */
export interface CurrentLimit {
  readonly requestsPerUnit: number
  readonly unit: LimitUnit
  readonly name: string
}

export interface DescriptorStatus {
  readonly overLimit: boolean
  /** Undefined when nothing was counted: no rule, an unlimited one, or one that another rule replaced. */
  readonly currentLimit: CurrentLimit | undefined
  /** 0 … 2^32-1 */
  readonly limitRemaining: number
  /** Whole seconds until the window ends; undefined when nothing was counted. */
  readonly resetSeconds: number | undefined
}

export interface RateLimitResponse {
  readonly overLimit: boolean
  readonly statuses: readonly DescriptorStatus[]
  /** Added by Envoy to the answer to the client, on 200 and on 429. */
  readonly responseHeaders: readonly { readonly name: string; readonly value: string }[]
  /** Body of Envoy's 429; empty for none. */
  readonly rawBody: string
}
