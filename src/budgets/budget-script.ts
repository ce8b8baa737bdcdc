// The Lua scripts that count budgets on Redis. Each runs atomically: no other process comes between the steps of an admission. Every change is written
// with an expiry, reckoned from the time that the process gave, so that the clock of Redis need not agree with it.
//
// {tollgate-budgets}:counter:<key>  hash: f forget at, h held, and u used; where the window slides n slices, w ms of each, and what was charged in each slice by its number
// {tollgate-budgets}:exchange:<id>  'h' or 'p' (held, or charged provisionally) and the claims packed, six texts each; '0' once it is settled
// {tollgate-budgets}:holds          sorted set: exchange → until when it holds
// {tollgate-budgets}:name:<name>    taken by `first`

/** All keys have one hash tag, so that they lie on one node of a cluster; a script may then also touch keys that it found itself. */
const keyPrefix = '{tollgate-budgets}:'
export const counterPrefix = `${keyPrefix}counter:`
export const exchangePrefix = `${keyPrefix}exchange:`
export const namePrefix = `${keyPrefix}name:`
export const holdsKey = `${keyPrefix}holds`

/** What is known of an exchange outlives its counters by this; longer than any process tries a settlement again. */
export const keptForMs = 3_600_000

const counters = `
-- Numbers up to 2^53 are exact in Lua; written by tostring() they would have 14 digits. Answers have them as texts too: ioredis reads long integers inexactly.
local most = 9007199254740991
-- How much longer than its time a counter is kept in which somebody holds: longer than any exchange takes.
local a_day = 86400000
local function text(number) return string.format('%.0f', number) end
local function within(number) return math.max(0, math.min(number, most)) end

-- One counter as it is stored; changes are kept in it until save(). One whose time has come is as good as none, unless something is held in it:
-- a window that slides has one counter for ever, and that must not be given back to a new one.
local function load(key, now)
  local flat = redis.call('HGETALL', key)
  local fields = {}
  for at = 1, #flat, 2 do fields[flat[at]] = flat[at + 1] end
  local exists = fields.f ~= nil and (tonumber(fields.f) > now or tonumber(fields.h or '0') > 0)
  return { key = key, now = now, fields = exists and fields or {}, exists = exists, isOver = fields.f ~= nil and not exists, changed = {} }
end

-- The latest slice that no longer counts. Later ones all do, also those of a process whose clock is ahead.
local function last_forgotten(counter)
  return math.floor(counter.now / tonumber(counter.fields.w)) - tonumber(counter.fields.n)
end

local function used(counter)
  local fields = counter.fields
  if not fields.n then return tonumber(fields.u or '0') end
  local sum, forgotten = 0, last_forgotten(counter)
  for name, amount in pairs(fields) do
    local slice = tonumber(name)
    if slice and slice > forgotten then sum = sum + tonumber(amount) end
  end
  return within(sum)
end

local function held(counter) return tonumber(counter.fields.h or '0') end

local function set(counter, field, value)
  counter.fields[field] = value
  counter.changed[field] = value
end

local function add(counter, field, amount)
  set(counter, field, text(within(tonumber(counter.fields[field] or '0') + amount)))
end

-- Makes the counter if it must, and says whether there is one: not for 0, nor for a window that nobody needs any more.
-- forget, slices, ms and slice are texts, as they came.
local function reach(counter, amount, forget, slices, ms)
  if counter.exists then
    if tonumber(forget) > math.max(tonumber(counter.fields.f), counter.now) then set(counter, 'f', forget) end
    return true
  end
  if amount <= 0 or tonumber(forget) <= counter.now then return false end
  counter.exists = true
  set(counter, 'f', forget)
  if slices ~= '0' then
    set(counter, 'n', slices)
    set(counter, 'w', ms)
  end
  return true
end

local function hold(counter, amount, forget, slices, ms)
  if reach(counter, amount, forget, slices, ms) then add(counter, 'h', amount) end
end

local function charge(counter, amount, forget, slices, ms, slice)
  if not reach(counter, amount, forget, slices, ms) then return end
  if not counter.fields.n then
    add(counter, 'u', amount)
  elseif tonumber(slice) > last_forgotten(counter) then
    add(counter, slice, amount)
  end
end

local function save(counter)
  local changes = {}
  for field, value in pairs(counter.changed) do
    changes[#changes + 1] = field
    changes[#changes + 1] = value
  end
  if #changes == 0 then return end
  if counter.isOver then redis.call('DEL', counter.key) end
  redis.call('HSET', counter.key, unpack(changes))
  local left = math.max(1, tonumber(counter.fields.f) - counter.now)
  if not counter.fields.n then
    if counter.changed.f then redis.call('PEXPIRE', counter.key, text(left)) end
    return
  end
  redis.call('PEXPIRE', counter.key, text(held(counter) > 0 and left + a_day or left))
  local forgotten, over = last_forgotten(counter), {}
  for name in pairs(counter.fields) do
    local slice = tonumber(name)
    -- A few at a time are more than ever come to be over.
    if slice and slice <= forgotten and #over < 1000 then over[#over + 1] = name end
  end
  if #over > 0 then redis.call('HDEL', counter.key, unpack(over)) end
end

-- Calls each(key, amount, forget, slices, ms, slice) for the claims of an exchange.
local function each_claim(record, each)
  local claims = cmsgpack.unpack(string.sub(record, 2))
  for at = 1, #claims, 6 do each(claims[at], tonumber(claims[at + 1]), claims[at + 2], claims[at + 3], claims[at + 4], claims[at + 5]) end
end
`

/**
 * KEYS: the holds, the exchange, then a counter per claim. ARGV: now, hold until, how long the exchange is known in ms, its id; then per claim amount, limit, start at,
 * forget at, and slices, ms of each and slice, '0' where the window does not slide.
 * Answer: 1 admitted, 0 refused, 2 admitted before; then used and held of each counter as they were.
 */
export const admissionScript = `${counters}
local now = tonumber(ARGV[1])
local answer, loaded = { 1 }, {}
for index = 3, #KEYS do
  local at = 5 + 7 * (index - 3)
  local counter = load(KEYS[index], now)
  local is_used, is_held = used(counter), held(counter)
  -- Sums above 2^53 may be off by one, and are above every limit all the same.
  local taken = is_used + is_held
  if taken > tonumber(ARGV[at + 2]) or taken + tonumber(ARGV[at]) > tonumber(ARGV[at + 1]) then answer[1] = 0 end
  answer[#answer + 1] = text(is_used)
  answer[#answer + 1] = text(is_held)
  loaded[#loaded + 1] = counter
end
if answer[1] == 0 then return answer end

local claims = {}
for index = 3, #KEYS do
  local at = 5 + 7 * (index - 3)
  for _, part in ipairs({ KEYS[index], ARGV[at], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5], ARGV[at + 6] }) do claims[#claims + 1] = part end
end
if not redis.call('SET', KEYS[2], 'h' .. cmsgpack.pack(claims), 'NX', 'PX', ARGV[3]) then
  answer[1] = 2
  return answer
end
for index, counter in ipairs(loaded) do
  local at = 5 + 7 * (index - 1)
  hold(counter, tonumber(ARGV[at]), ARGV[at + 3], ARGV[at + 4], ARGV[at + 5])
  save(counter)
end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[4])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return answer
`

/**
 * KEYS: the holds, the exchange, then a counter per charge. ARGV: now, how long it is known to be settled in ms, its id; then per charge amount, forget at,
 * slices, ms of each and slice. Answer: 1 settled, 0 settled before; then used and held of each counter as they are.
 */
export const settlementScript = `${counters}
local now = tonumber(ARGV[1])
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
    each_claim(record, function(key, amount, ...) give_back(counter_of(key), -amount, ...) end)
    redis.call('ZREM', KEYS[1], ARGV[3])
  end
  for index = 3, #KEYS do
    local at = 4 + 5 * (index - 3)
    charge(counter_of(KEYS[index]), tonumber(ARGV[at]), ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4])
  end
  for _, counter in pairs(loaded) do save(counter) end
  redis.call('SET', KEYS[2], '0', 'PX', ARGV[2])
end
for index = 3, #KEYS do
  local counter = counter_of(KEYS[index])
  answer[#answer + 1] = text(used(counter))
  answer[#answer + 1] = text(held(counter))
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
 * Answer: how many were taken out, then the id of each that was known and a list of its claims, six texts each.
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
    each_claim(record, function(counter_key, amount, ...)
      local counter = load(counter_key, now)
      hold(counter, -amount, ...)
      charge(counter, amount, ...)
      save(counter)
    end)
    redis.call('SET', key, 'p' .. string.sub(record, 2), 'KEEPTTL')
    answer[#answer + 1] = id
    answer[#answer + 1] = cmsgpack.unpack(string.sub(record, 2))
  end
end
return answer
`

/** KEYS: the holds, to find the node, then counters. ARGV: now. Answer: used and held of each. */
export const readScript = `${counters}
local answer = {}
for index = 2, #KEYS do
  local counter = load(KEYS[index], tonumber(ARGV[1]))
  answer[#answer + 1] = text(used(counter))
  answer[#answer + 1] = text(held(counter))
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
    answer[#answer + 1] = text(used(counter))
    answer[#answer + 1] = text(held(counter))
  end
end
return answer
`
