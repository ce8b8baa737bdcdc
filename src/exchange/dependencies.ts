// What an exchange is given from outside, so that nothing in this folder reaches for time, randomness or secrets.

import type { Budgets } from '../budgets/budgets.ts'
import type { Estimator } from '../budgets/estimator.ts'
import type { KeyFinder } from '../callers/key-finder.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import type { Clock } from '../core/clock.ts'
import type { ProviderCredentials } from '../credentials/provider-credentials.ts'
import type { CoolDowns } from './cool-down.ts'
import type { ExchangeObserver } from './summary.ts'

export interface ExchangeDependencies {
  /** The configuration of this moment. An exchange asks once and keeps what it got. */
  config(): RuntimeConfig
  readonly clock: Clock
  /** 0 … 1, without 1. */
  readonly random: () => number
  readonly coolDowns: CoolDowns
  /** A new unique id; never derived from what a client sent. */
  newExchangeId(): string
  readonly observer: ExchangeObserver
  readonly credentials: ProviderCredentials
  /** Records of Tollgate's own API keys. */
  readonly callerKeys: KeyFinder
  readonly budgets: Budgets
  /** What requests will probably use, learned from what they did use. */
  readonly estimator: Estimator
}
