-- ARGV: epoch, token, ttl. It needs no number: to renew late or twice does no
-- harm, and it must not wait for a slow write.
local epoch, token, ttl = unpack(ARGV)
if fenced(epoch, token) then
  return {'fenced'}
end
expire(tonumber(ttl))
return {'ok', ''}
