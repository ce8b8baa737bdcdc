// Cool-downs of several Tollgates on one Redis: each writes what it learns under a key that expires by itself, and looks once a second at what
// the others wrote. No request waits for any of it, and without Redis each goes by what it knows itself.

import type { Log } from '../core/log.ts'
import type { CoolDown, CoolDowns } from './cool-down.ts'

/** The part of a Redis client that is used. */
export interface CoolDownBoard {
  set(key: string, value: string, unit: 'PX', milliseconds: number): Promise<unknown>
  get(key: string): Promise<string | null>
  /** Milliseconds that a key still has; negative when it is not there. */
  pttl(key: string): Promise<number>
}

/** How late the others hear of a cool-down at most; far below what is worth cooling down for. */
export const LOOK_INTERVAL_MS = 1_000

export interface SharedCoolDowns {
  /** Tells the others. Never rejects. */
  tell(coolDown: CoolDown): Promise<void>
  /** Learns what the others told. Never rejects; does nothing while the last look is not over. */
  look(providers: Iterable<string>): Promise<void>
}

export function shareCoolDowns({ board, coolDowns, log }: { readonly board: CoolDownBoard; readonly coolDowns: Pick<CoolDowns, 'learn'>; readonly log: Log }): SharedCoolDowns {
  let looking = false

  async function lookAt(provider: string): Promise<void> {
    const [reason, remainingMs] = await Promise.all([board.get(keyOf(provider)), board.pttl(keyOf(provider))])
    // By Redis' own clock, so that ours need not agree.
    if (reason !== null && remainingMs > 0) coolDowns.learn({ provider, reason: reason.slice(0, MAX_REASON), remainingMs })
  }

  return {
    async tell({ provider, reason, remainingMs }) {
      try {
        await board.set(keyOf(provider), reason, 'PX', Math.max(1, Math.round(remainingMs)))
      } catch (err) {
        log.debug({ provider, err }, 'A cool-down could not be told to other Tollgates.')
      }
    },
    async look(providers) {
      if (looking) return
      looking = true
      try {
        await Promise.all([...providers].map(lookAt))
      } catch (err) {
        log.debug({ err }, 'The cool-downs of other Tollgates could not be read.')
      } finally {
        looking = false
      }
    },
  }
}

/** Reasons become labels; ours are much shorter. */
const MAX_REASON = 32

/** Apart from every counter, whose keys begin with their domain and an underscore. */
function keyOf(provider: string): string {
  return `tollgate:cool-down:${provider}`
}
