// The one Lua script that counts on Redis. It runs atomically, so no other request comes between the changes of one.

/**
 * KEYS: the counter of each change, or one counter for all changes. ARGV: three per change: 'add' or 'refund', the hits as
 * decimal text, and the seconds a new counter lives. Answer: per change the counter as decimal text, or '!' and Redis's error.
 */
export const counterScript = `
-- Lua has only doubles. INCRBY counts in 64 bits but its answer arrives rounded above 2^53, and then GET knows better.
local exact = 9007199254740992

local function count(key, kind, hits, seconds)
  if kind == 'add' and hits == '0' then
    -- A look must not create the key.
    return redis.pcall('GET', key) or '0'
  end
  if kind == 'add' then
    local after = redis.pcall('INCRBY', key, hits)
    if type(after) == 'table' then return after end
    -- Only a key without an expiry gets one: it is new, or somebody else made it. This saves a write per hit.
    if redis.call('TTL', key) == -1 then redis.call('EXPIRE', key, seconds) end
    if after < exact and after > -exact then return string.format('%.0f', after) end
    return redis.call('GET', key)
  end
  local before = redis.pcall('GET', key)
  if type(before) == 'table' then return before end
  if not before then return '0' end
  if string.sub(before, 1, 1) ~= '-' then
    local after = redis.pcall('DECRBY', key, hits)
    if type(after) == 'table' then return after end
    if after >= 0 then return redis.call('GET', key) end
  end
  -- More was given back than was there.
  redis.call('SET', key, '0', 'KEEPTTL')
  return '0'
end

local answers = {}
for index = 1, #ARGV / 3 do
  local at = 3 * index
  local answer = count(KEYS[index] or KEYS[1], ARGV[at - 2], ARGV[at - 1], ARGV[at])
  -- One change that fails does not keep the others from being made.
  if type(answer) == 'table' then answer = '!' .. (answer.err or 'ERR no answer') end
  answers[index] = answer
end
return answers
`
