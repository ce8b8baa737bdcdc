// Counters on a network that a test does to as it likes: calls arrive one after the other as on a connection, but late, or not, or their answers do not;
// and an admission that was given up may arrive when nobody expects it any more.

import type { BudgetStore } from '../../src/budgets/budget-store.ts'
import { TollgateError } from '../../src/core/errors.ts'
import type { Turns } from './turns.ts'

/** `at_once`: as memory does. `sick`: any call may fail in any way. */
export type StoreHealth = 'at_once' | 'slow' | 'sick' | 'dead'

export interface UnreliableStore extends BudgetStore {
  health: StoreHealth
}

export function createUnreliableStore(store: BudgetStore, { turns, random }: { readonly turns: Turns; readonly random: () => number }): UnreliableStore {
  let latest: Promise<unknown> = Promise.resolve()
  let underWay = 0

  async function inOrder<Value>(ask: () => Value | Promise<Value>): Promise<Value> {
    const before = latest
    underWay += 1
    const asked = (async () => {
      await before
      await turns.wait()
      try {
        return await ask()
      } finally {
        underWay -= 1
      }
    })()
    latest = asked.catch(() => undefined)
    const value = await asked
    await turns.wait()
    return value
  }

  function call<Value>(name: 'admit' | 'other', ask: () => Value | Promise<Value>): Value | Promise<Value> {
    const { health } = unreliable
    if (health === 'at_once' && underWay === 0) return ask()
    if (health === 'at_once' || health === 'slow') return inOrder(ask)
    const chance = health === 'dead' ? 0 : random()
    if (chance > 0.5) return inOrder(ask)
    if (chance > 0.3) return inOrder(ask).then(() => fail('the answer was lost'))
    if (chance > 0.2 && name === 'admit') {
      // Nobody hears what comes of it.
      void turns.wait().then(ask).catch(() => undefined)
      return fail('the call is late')
    }
    if (chance > 0.1) return fail('the call was not made')
    return turns.wait().then(() => fail('the call did not arrive'))
  }

  const unreliable: UnreliableStore = {
    health: 'at_once',
    admit: (request) => call('admit', () => store.admit(request)),
    settle: (request) => call('other', () => store.settle(request)),
    renew: (...given) => call('other', () => store.renew(...given)),
    expire: (...given) => call('other', () => store.expire(...given)),
    read: (...given) => call('other', () => store.read(...given)),
    list: (...given) => call('other', () => store.list(...given)),
    first: (...given) => call('other', () => store.first(...given)),
    ready: () => Promise.resolve(true),
    close: () => store.close(),
  }
  return unreliable
}

function fail(why: string): never {
  throw new TollgateError('internal', why)
}
