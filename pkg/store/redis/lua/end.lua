-- ARGV: epoch, token, seq, ttl of a hand-over or '' to release
local epoch, token, seq, ttl = unpack(ARGV)
local no = refuse(epoch, token, seq)
if no then
  return no
end
if ttl == '' then
  redis.call('DEL', lease)
else
  redis.call('HSET', lease, 'handedOver', '1')
  expire(tonumber(ttl))
end
return done(token, seq, '')
