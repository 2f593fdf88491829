-- ARGV: holder, token, ttl
local holder, token, ttl = unpack(ARGV)

local l = redis.call('HMGET', lease, 'epoch', 'token', 'expires', 'handedOver')
if l[1] and not l[4] and tonumber(l[3]) > now() then
  if l[2] ~= token then
    return {'held', unpack(redis.call('HGETALL', lease))}
  end
  -- The answer of this acquisition was lost. Its time counts from now.
  expire(tonumber(ttl))
  return {'ok', l[1]}
end
local epoch = whole(redis.call('HINCRBY', connection, 'epoch', 1))
redis.call('DEL', lease)
redis.call('HSET', lease, 'epoch', epoch, 'holder', holder, 'token', token)
expire(tonumber(ttl))
return {'ok', epoch}
