// The Lua scripts that count budgets on Redis. Each runs atomically: no other process comes between the steps of an admission. Every change is written
// with an expiry, reckoned from the time that the process gave, so that the clock of Redis need not agree with it.
//
// {tollgate-budgets}:counter:<key>  hash: f forget at, h held, u used; where the window slides also n slices, w ms of each, what was charged in each slice by its number
//                                   (u is their sum), and o: no slice before this one is there
// {tollgate-budgets}:exchange:<id>  'h' or 'p' (held, or charged provisionally) and its claims in JSON; '0' once it is settled
// {tollgate-budgets}:holds          sorted set: exchange → until when it holds
// {tollgate-budgets}:name:<name>    taken by `first`

import { SETTLED_FOR_MS } from './settled-ids.ts'

/** All keys have one hash tag, so that they lie on one node of a cluster; a script may then also touch keys that it found itself. */
const keyPrefix = '{tollgate-budgets}:'
export const counterPrefix = `${keyPrefix}counter:`
export const exchangePrefix = `${keyPrefix}exchange:`
export const namePrefix = `${keyPrefix}name:`
export const holdsKey = `${keyPrefix}holds`

/** What is known of an exchange outlives its counters by this; longer than any process tries a settlement again. */
export const keptForMs = SETTLED_FOR_MS
/** A counter that slides is kept so much longer than its time while somebody holds something in it: longer than any exchange takes. */
export const heldForMs = 86_400_000

const counters = `
-- Numbers up to 2^53 are exact in Lua, and as arguments of a command. Only tostring() would round them, to 14 digits.
local most = 9007199254740991

local function within(number)
  if number < 0 then return 0 end
  return number > most and most or number
end

-- As an answer. ioredis reads integers next to 2^53 inexactly.
local function told(number)
  return number > 9e15 and string.format('%.0f', number) or number
end

-- The latest slice that no longer counts. Later ones all do, also those of a process whose clock is ahead.
local function last_forgotten(counter)
  return math.floor(counter.now / counter.ms) - counter.slices
end

-- What was charged in slices that no longer count is taken off; save() removes them.
local function drop_slices(counter)
  local forgotten, over = last_forgotten(counter), counter.over
  local count = forgotten - counter.oldest + 1
  if count > counter.slices then
    -- After a long silence, or a clock that was wrong: looks at all there are.
    local fields = redis.call('HGETALL', counter.key)
    for at = 1, #fields, 2 do
      local slice = tonumber(fields[at])
      if slice and slice <= forgotten and #over < 1000 then
        over[#over + 1] = fields[at]
        counter.used = counter.used - tonumber(fields[at + 1])
      end
    end
  elseif count > 0 then
    for slice = counter.oldest, forgotten do over[#over + 1] = string.format('%.0f', slice) end
    for _, amount in ipairs(redis.call('HMGET', counter.key, unpack(over))) do counter.used = counter.used - tonumber(amount or '0') end
  end
  counter.used = within(counter.used)
  counter.oldest = math.max(counter.oldest, forgotten + 1)
end

-- One counter; changes are kept in it until save(). One whose time has come is as good as none, unless something is held in it:
-- a window that slides has one counter for ever, and what somebody holds must not be given back to a new one.
local function load(key, now)
  local got = redis.call('HMGET', key, 'f', 'h', 'u', 'n', 'w', 'o')
  local counter = { key = key, now = now, forget = 0, held = 0, used = 0 }
  if not got[1] then return counter end
  local forget, held = tonumber(got[1]), tonumber(got[2] or '0')
  if forget <= now and held == 0 then
    counter.is_over = true
    return counter
  end
  counter.exists, counter.is_stored = true, true
  counter.forget, counter.held, counter.used = forget, held, tonumber(got[3] or '0')
  if got[4] then
    counter.slices, counter.ms, counter.oldest = tonumber(got[4]), tonumber(got[5]), tonumber(got[6])
    counter.amounts, counter.over = {}, {}
    drop_slices(counter)
  end
  return counter
end

local function set(counter, field, value)
  local changes = counter.changes
  if not changes then
    changes = {}
    counter.changes = changes
  end
  changes[#changes + 1] = field
  changes[#changes + 1] = value
end

-- A claim or charge is a list: key, amount, forget at, slices, ms of each, slice; the three are 0 where the window does not slide.
-- Makes the counter if it must, and says whether there is one: not for 0, nor for a window that nobody needs any more.
local function reach(counter, amount, claim)
  local forget = claim[3]
  if not counter.exists then
    if amount <= 0 or forget <= counter.now then return false end
    counter.exists = true
    if claim[4] > 0 then
      counter.slices, counter.ms = claim[4], claim[5]
      counter.amounts, counter.over = {}, {}
      counter.oldest = last_forgotten(counter) + 1
      set(counter, 'n', claim[4])
      set(counter, 'w', claim[5])
    end
  end
  if forget > counter.forget and forget > counter.now then
    counter.forget = forget
    counter.is_prolonged = true
    set(counter, 'f', forget)
  end
  return true
end

local function hold(counter, amount, claim)
  if not reach(counter, amount, claim) then return end
  counter.held = within(counter.held + amount)
  set(counter, 'h', counter.held)
end

local function charge(counter, amount, claim)
  if not reach(counter, amount, claim) then return end
  if not counter.slices then
    counter.used = within(counter.used + amount)
    set(counter, 'u', counter.used)
    return
  end
  local slice = claim[6]
  if slice <= last_forgotten(counter) then return end
  local before = counter.amounts[slice] or tonumber(counter.is_stored and redis.call('HGET', counter.key, slice) or '0')
  local after = within(before + amount)
  counter.amounts[slice] = after
  counter.used = within(counter.used + after - before)
  counter.oldest = math.min(counter.oldest, slice)
  set(counter, slice, after)
end

local function save(counter)
  if not counter.changes then return end
  local key, left = counter.key, math.max(1, counter.forget - counter.now)
  if counter.is_over then redis.call('DEL', key) end
  if counter.slices then
    set(counter, 'u', counter.used)
    set(counter, 'o', counter.oldest)
    if #counter.over > 0 then redis.call('HDEL', key, unpack(counter.over)) end
    if counter.held > 0 then left = left + ${String(heldForMs)} end
  end
  -- Of two changes of one field the later one counts.
  redis.call('HSET', key, unpack(counter.changes))
  if counter.slices or counter.is_prolonged then redis.call('PEXPIRE', key, left) end
end
`

/**
 * KEYS: the holds, the exchange, then a counter per claim. ARGV: now, hold until, how long the exchange is known in ms, its id, the claims in JSON, each with limit and start at.
 * Answer: 1 admitted, 0 refused, 2 admitted before; then used and held of each counter as they were.
 */
export const admissionScript = `${counters}
local now, claims = tonumber(ARGV[1]), cjson.decode(ARGV[5])
local answer, loaded = { 1 }, {}
for index, claim in ipairs(claims) do
  local counter = load(claim[1], now)
  -- Sums above 2^53 may be off by one, and are above every limit all the same.
  local taken = counter.used + counter.held
  if taken > claim[8] or taken + claim[2] > claim[7] then answer[1] = 0 end
  answer[#answer + 1] = told(counter.used)
  answer[#answer + 1] = told(counter.held)
  loaded[index] = counter
end
if answer[1] == 0 then return answer end

if not redis.call('SET', KEYS[2], 'h' .. ARGV[5], 'NX', 'PX', ARGV[3]) then
  answer[1] = 2
  return answer
end
for index, claim in ipairs(claims) do
  hold(loaded[index], claim[2], claim)
  save(loaded[index])
end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[4])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return answer
`

/**
 * KEYS: the holds, the exchange, then a counter per charge. ARGV: now, how long it is known to be settled in ms, its id, the charges in JSON.
 * Answer: 1 settled, 0 settled before; then used and held of each counter as they are.
 */
export const settlementScript = `${counters}
local now, charges = tonumber(ARGV[1]), cjson.decode(ARGV[4])
local loaded = {}
local function counter_of(key)
  if not loaded[key] then loaded[key] = load(key, now) end
  return loaded[key]
end

local record = redis.call('GET', KEYS[2])
local answer = { record == '0' and 0 or 1 }
if answer[1] == 1 then
  -- First everything is taken back, then the cost is charged.
  if record then
    local give_back = string.sub(record, 1, 1) == 'h' and hold or charge
    for _, claim in ipairs(cjson.decode(string.sub(record, 2))) do give_back(counter_of(claim[1]), -claim[2], claim) end
    redis.call('ZREM', KEYS[1], ARGV[3])
  end
  for _, each in ipairs(charges) do charge(counter_of(each[1]), each[2], each) end
  for _, counter in pairs(loaded) do save(counter) end
  redis.call('SET', KEYS[2], '0', 'PX', ARGV[2])
end
for _, each in ipairs(charges) do
  local counter = counter_of(each[1])
  answer[#answer + 1] = told(counter.used)
  answer[#answer + 1] = told(counter.held)
end
return answer
`

/** KEYS: the holds, then the exchanges. ARGV: hold until, then their ids. What is known of an exchange lives longer by as much as its hold. */
export const renewalScript = `
local til = tonumber(ARGV[1])
local longest = redis.call('PTTL', KEYS[1])
for index = 2, #KEYS do
  local before = redis.call('ZSCORE', KEYS[1], ARGV[index])
  if before and tonumber(before) < til then
    redis.call('ZADD', KEYS[1], ARGV[1], ARGV[index])
    -- Nobody says what time it is, but how much longer it must live is known.
    local left = redis.call('PTTL', KEYS[index])
    if left > 0 then
      local ms = left + til - tonumber(before)
      redis.call('PEXPIRE', KEYS[index], string.format('%.0f', ms))
      longest = math.max(longest, ms)
    end
  end
end
if longest > 0 then redis.call('PEXPIRE', KEYS[1], string.format('%.0f', longest)) end
return 1
`

/**
 * KEYS: the holds. ARGV: now, how many at most, what the keys of exchanges begin with. Takes out those that have run out and charges them.
 * Answer: how many were taken out, then the id of each that was known and its claims as they were stored.
 */
export const expiryScript = `${counters}
local now = tonumber(ARGV[1])
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
local answer = { #ids }
for _, id in ipairs(ids) do
  redis.call('ZREM', KEYS[1], id)
  local key = ARGV[3] .. id
  local record = redis.call('GET', key)
  if record and string.sub(record, 1, 1) == 'h' then
    for _, claim in ipairs(cjson.decode(string.sub(record, 2))) do
      local counter = load(claim[1], now)
      hold(counter, -claim[2], claim)
      charge(counter, claim[2], claim)
      save(counter)
    end
    redis.call('SET', key, 'p' .. string.sub(record, 2), 'KEEPTTL')
    answer[#answer + 1] = id
    answer[#answer + 1] = string.sub(record, 2)
  end
end
return answer
`

/** KEYS: the holds, to find the node, then counters. ARGV: now. Answer: used and held of each. */
export const readScript = `${counters}
local answer = {}
for index = 2, #KEYS do
  local counter = load(KEYS[index], tonumber(ARGV[1]))
  answer[#answer + 1] = told(counter.used)
  answer[#answer + 1] = told(counter.held)
end
return answer
`

/** KEYS: the holds, to find the node. ARGV: now, cursor, pattern, how many keys to look at. Answer: the next cursor, then key, used and held of each counter that was found. */
export const listScript = `${counters}
local scanned = redis.call('SCAN', ARGV[2], 'MATCH', ARGV[3], 'COUNT', ARGV[4])
local answer = { scanned[1] }
for _, key in ipairs(scanned[2]) do
  local counter = load(key, tonumber(ARGV[1]))
  if counter.exists then
    answer[#answer + 1] = key
    answer[#answer + 1] = told(counter.used)
    answer[#answer + 1] = told(counter.held)
  end
end
return answer
`
