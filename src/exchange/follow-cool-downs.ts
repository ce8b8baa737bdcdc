// Cool-downs of a process that is one of several: another one hears of every failure, decides, and tells all of them. Failures in a row
// would not be in a row where each process sees only some attempts.

import type { CoolDownSettings } from '../config/runtime-config.ts'
import type { Clock } from '../core/clock.ts'
import { type AttemptFailure, type CoolDown, type CoolDowns, createCoolDowns } from './cool-down.ts'

/** What the deciding process hears. */
export type AttemptNews = { readonly kind: 'failed'; readonly failure: AttemptFailure } | { readonly kind: 'succeeded'; readonly provider: string }
/** What it tells every other. `failing`: its next success is worth telling. */
export type CoolDownNews = { readonly kind: 'failing'; readonly provider: string } | { readonly kind: 'cool_down'; readonly coolDown: CoolDown }

export interface FollowingCoolDowns extends CoolDowns {
  hear(news: CoolDownNews): void
}

export interface FollowingOptions {
  readonly settings: () => CoolDownSettings | undefined
  readonly clock: Pick<Clock, 'monotonic'>
  readonly tell: (news: AttemptNews) => void
}

export function createFollowingCoolDowns({ settings, clock, tell }: FollowingOptions): FollowingCoolDowns {
  const known = createCoolDowns({ settings, clock, onStart: () => undefined })
  /** Nearly every attempt succeeds: only the first one after a failure is told. */
  const failing = new Set<string>()
  return {
    ...known,
    failed: (failure) => tell({ kind: 'failed', failure }),
    succeeded(provider) {
      if (failing.delete(provider)) tell({ kind: 'succeeded', provider })
    },
    hear(news) {
      if (news.kind === 'failing') failing.add(news.provider)
      else known.learn(news.coolDown)
    },
  }
}

/** For the deciding process: what it does with what it hears. `tell` reaches all that follow. */
export function leadCoolDowns(coolDowns: CoolDowns, tell: (news: CoolDownNews) => void): { hear(news: AttemptNews): void } {
  return {
    hear(news) {
      if (news.kind === 'succeeded') return coolDowns.succeeded(news.provider)
      coolDowns.failed(news.failure)
      tell({ kind: 'failing', provider: news.failure.provider })
    },
  }
}
