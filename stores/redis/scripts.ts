/**
 * What runs inside the server: one call looks at hundreds of keys at one moment, and no value travels that only has to be compared. Each
 * script names every key it reads in KEYS, and is sent with its text, so that none has to be there already.
 */

/** Milliseconds since 1970 at which a key is to be gone, as text; `-1` when never. PEXPIRETIME is there from Redis 7.0 on. */
const EXPIRY = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function expiry(key)
  if ARGV[1] == '7' then return string.format('%.0f', redis.call('PEXPIRETIME', key)) end
  local left = redis.call('PTTL', key)
  if left < 0 then return '-1' end
  return string.format('%.0f', now + left)
end
`;

/** Content of a small key as 40 hex digits: the same for the same content, however Redis keeps it. */
const DIGEST = `
local function sum(list, step)
  local sums = {0, 0, 0, 0, 0}
  for i = 1, #list, step do
    local text = list[i]
    if step == 2 then text = #text .. ':' .. text .. list[i + 1] end
    local hex = redis.sha1hex(text)
    for j = 1, 5 do sums[j] = (sums[j] + tonumber(string.sub(hex, j * 8 - 7, j * 8), 16)) % 4294967296 end
  end
  return string.format('%08x%08x%08x%08x%08x', sums[1], sums[2], sums[3], sums[4], sums[5])
end
local function chain(list)
  local hexes = {}
  for i = 1, #list do hexes[i] = redis.sha1hex(list[i]) end
  return redis.sha1hex(table.concat(hexes))
end
local function digest(key, type)
  if type == 'string' then return redis.sha1hex(redis.call('GET', key)) end
  if type == 'hash' then return sum(redis.call('HGETALL', key), 2) end
  if type == 'set' then return sum(redis.call('SMEMBERS', key), 1) end
  if type == 'zset' then return sum(redis.call('ZRANGE', key, 0, -1, 'WITHSCORES'), 2) end
  if type == 'list' then return chain(redis.call('LRANGE', key, 0, -1)) end
  if type == 'stream' then
    local parts = {}
    for _, entry in ipairs(redis.call('XRANGE', key, '-', '+')) do
      parts[#parts + 1] = entry[1] .. chain(entry[2])
    end
    return chain(parts)
  end
  return redis.sha1hex(redis.call('DUMP', key))
end
`;

/** A key whose memory is more than this is not read inside the server, which does nothing else meanwhile. */
export const SMALL = 1 << 20;

/** KEYS → for each: false, or its type, expiry, bytes of memory, and digest ('' when it is not small). ARGV: `7` or `6`. */
export const LOOK = `${EXPIRY}${DIGEST}
local found = {}
for i, key in ipairs(KEYS) do
  local type = redis.call('TYPE', key).ok
  if type == 'none' then
    found[i] = false
  else
    local bytes = redis.call('MEMORY', 'USAGE', key) or 0
    found[i] = {type, expiry(key), bytes, bytes > ${SMALL} and '' or digest(key, type)}
  end
end
return found`;

/** KEYS → for each: false, or its type, expiry and content: of a string its bytes, of a hash its fields and values, of JSON its text. */
export const READ = `${EXPIRY}
local found = {}
for i, key in ipairs(KEYS) do
  local type = redis.call('TYPE', key).ok
  if type == 'none' then
    found[i] = false
  else
    local content = false
    if type == 'string' then content = redis.call('GET', key)
    elseif type == 'hash' then content = redis.call('HGETALL', key)
    elseif type == 'ReJSON-RL' then content = redis.call('JSON.GET', key) end
    found[i] = {type, expiry(key), content}
  end
end
return found`;

/**
 * Moves members in their order from a sorted set of parts to the end of a list. KEYS: parts, list. ARGV: how many. Gives how many are left.
 * A part is the row's number, of twelve digits, then the member.
 */
export const LIST = `
local parts = redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1)
for _, part in ipairs(parts) do redis.call('RPUSH', KEYS[2], string.sub(part, 13)) end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, #parts - 1)
return redis.call('ZCARD', KEYS[1])`;

/**
 * The same for a stream. A part is the milliseconds of its id, of fifteen digits (spaces: it is to be counted), the row's number, then
 * lengths and bytes of fields and values. Entries with the same milliseconds are told apart as Redis does, by a sequence from 0.
 */
export const STREAM = `
local parts = redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1)
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
local lastMs, lastSeq = '', -1
if last then
  lastMs, lastSeq = string.match(last[1], '^(%d+)-(%d+)$')
  lastSeq = tonumber(lastSeq)
end
local count = redis.call('XLEN', KEYS[2])
for _, part in ipairs(parts) do
  count = count + 1
  local ms = string.match(string.sub(part, 1, 15), '^0*(%d+)$') or string.format('%.0f', count)
  if ms == lastMs then lastSeq = lastSeq + 1
  elseif ms == '0' then lastSeq = 1
  else lastSeq = 0 end
  lastMs = ms
  local fields, at = {}, 28
  while at <= #part do
    fields[#fields + 1], at = struct.unpack('>I4c0', part, at)
  end
  redis.call('XADD', KEYS[2], ms .. '-' .. string.format('%.0f', lastSeq), unpack(fields))
end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, #parts - 1)
return redis.call('ZCARD', KEYS[1])`;
