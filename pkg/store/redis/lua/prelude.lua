local lease, connection, checkpoint, generations, syncs, syncids, running = unpack(KEYS)

-- Numbers are written in full: tostring would give 1.7e+12.
local function whole(n)
  return string.format('%.0f', n)
end

local function now()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- expire makes the lease end in ttl ms: by a field for those who read it, and by
-- the key's own expiry.
local function expire(ttl)
  local at = whole(now() + ttl)
  redis.call('HSET', lease, 'expires', at)
  redis.call('PEXPIREAT', lease, at)
end

-- fenced tells whether the lease is no longer the caller's. The token tells two
-- leases of one epoch apart, which can be after a failover to a replica that
-- had not yet heard of the first.
local function fenced(epoch, token)
  local l = redis.call('HMGET', lease, 'epoch', 'token', 'expires', 'handedOver')
  return l[1] ~= epoch or l[2] ~= token or l[4] or tonumber(l[3]) <= now()
    or redis.call('HGET', connection, 'epoch') ~= epoch
end

-- refuse is nil if a numbered write may go on, else the answer to give. A write
-- that was made already gets its answer again, even when the lease has ended
-- since. The HSET that changes nothing is there for a Redis without memory,
-- which refuses it, before anything was written: a script is not rolled back.
local function refuse(epoch, token, seq)
  local last = redis.call('HMGET', connection, 'token', 'seq', 'answer')
  if last[1] == token and last[2] == seq then
    return {'ok', last[3]}
  end
  if fenced(epoch, token) then
    return {'fenced'}
  end
  if last[1] == token and tonumber(last[2]) > tonumber(seq) then
    return {'late'}
  end
  redis.call('HSET', connection, 'epoch', epoch)
end

-- done keeps the answer of a numbered write, and gives it.
local function done(token, seq, answer)
  redis.call('HSET', connection, 'token', token, 'seq', seq, 'answer', answer)
  return {'ok', answer}
end

-- clear forgets the states of streams. For a GLOBAL checkpoint the caller has
-- cut them out already, from the state with the SHA-1 before. It gives nil, or
-- the answer to give, and has then written nothing.
local function clear(streams, before, after)
  if #streams == 0 then
    return nil
  end
  if redis.call('HEXISTS', checkpoint, 'LEGACY') == 1 then
    return {'legacy'}
  end
  local global = redis.call('HGET', checkpoint, 'GLOBAL')
  if (global and redis.sha1hex(global) or '') ~= before then
    return {'changed'}
  end
  if global then
    redis.call('HSET', checkpoint, 'GLOBAL', after)
    return nil
  end
  for _, stream in ipairs(streams) do
    redis.call('HDEL', checkpoint, stream)
  end
end
