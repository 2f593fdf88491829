-- KEYS: plans, due times, names. ARGV: name, version that was read, plan with its
-- version before it, due time or ''
local plans, due, names = unpack(KEYS)
local name, version, plan, at = unpack(ARGV)
local kept = redis.call('HGET', plans, name)
if kept == plan then
  return {'ok'} -- made already: the answer was lost
end
if (kept and string.match(kept, '^(%d+) ') or '0') ~= version then
  return {'conflict'}
end
redis.call('HSET', plans, name, plan)
redis.call('ZADD', names, 0, name)
if at == '' then
  redis.call('ZREM', due, name)
else
  redis.call('ZADD', due, at, name)
end
return {'ok'}
