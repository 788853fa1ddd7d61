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

/** Content of a key as 40 hex digits: the same for the same content, however Redis keeps it; `look.ts` computes the same of large ones. */
const DIGEST = `
local function sum(texts)
  local sums = {0, 0, 0, 0, 0}
  for _, text in ipairs(texts) do
    local hex = redis.sha1hex(text)
    for j = 1, 5 do sums[j] = (sums[j] + tonumber(string.sub(hex, j * 8 - 7, j * 8), 16)) % 4294967296 end
  end
  return string.format('%08x%08x%08x%08x%08x', sums[1], sums[2], sums[3], sums[4], sums[5])
end
local function pairsOf(list, written)
  local texts = {}
  for i = 1, #list, 2 do texts[#texts + 1] = #list[i] .. ':' .. list[i] .. written(list[i + 1]) end
  return texts
end
local function chain(list)
  local hexes = {}
  for i = 1, #list do hexes[i] = redis.sha1hex(list[i]) end
  return redis.sha1hex(table.concat(hexes))
end
local function digest(key, type)
  if type == 'string' then return redis.sha1hex(redis.call('GET', key)) end
  if type == 'hash' then return sum(pairsOf(redis.call('HGETALL', key), tostring)) end
  if type == 'set' then return sum(redis.call('SMEMBERS', key)) end
  if type == 'zset' then
    local list = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
    return sum(pairsOf(list, function(score) return struct.pack('>d', tonumber(score)) end))
  end
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

/** A key of more bytes is not read inside the server, which does nothing else meanwhile. */
const SMALL = 1 << 20;
/** Elements of which all are measured. Where there are more the server looks at a few, which may be unlike the others. */
const MEASURED = 20_000;

/**
 * KEYS → a line each: empty, or its type, expiry, bytes (-1: many, nobody has counted) and digest (none where it is not small). ARGV: `7` or `6`. In
 * one text, since arrays of arrays take their reader ten times as long.
 */
export const LOOK = `${EXPIRY}${DIGEST}
local counts = {hash = 'HLEN', set = 'SCARD', zset = 'ZCARD', list = 'LLEN', stream = 'XLEN'}
local function size(key, type)
  if type == 'string' then return redis.call('STRLEN', key) end
  if counts[type] and redis.call(counts[type], key) > ${MEASURED} then return -1 end
  return redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) or 0
end
local found = {}
for i, key in ipairs(KEYS) do
  local type = redis.call('TYPE', key).ok
  if type == 'none' then
    found[i] = ''
  else
    local bytes = size(key, type)
    local small = bytes >= 0 and bytes <= ${SMALL}
    found[i] = type .. ' ' .. expiry(key) .. ' ' .. string.format('%.0f', bytes) .. (small and ' ' .. digest(key, type) or '')
  end
end
return table.concat(found, '\\n')`;

/**
 * Gives keys their names, all or none. ARGV: a letter for each of them. KEYS: of each its hidden name and its own; with `a` also the name under which what
 * stands there goes aside. `n`: nothing stood there. `k`: what stands there is kept. Gives 0, and does nothing, when by now something stands where nothing
 * did. Keys whose time has passed are gone.
 */
export const PUBLISH = `
local function each(act)
  local at = 1
  for how in string.gmatch(ARGV[1], '.') do
    if act(how, KEYS[at], KEYS[at + 1], KEYS[at + 2]) then return true end
    at = at + (how == 'a' and 3 or 2)
  end
  return false
end
local function exists(key) return redis.call('EXISTS', key) == 1 end
if each(function(how, hidden, own) return how == 'n' and exists(own) and exists(hidden) end) then return 0 end
each(function(how, hidden, own, aside)
  if not exists(hidden) then return end
  if how == 'a' and exists(own) then redis.call('RENAME', own, aside) end
  redis.call('RENAME', hidden, own)
end)
return 1`;

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
