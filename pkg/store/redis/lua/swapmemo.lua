-- KEYS: memo. ARGV: what is there as far as the caller knows, what is to be there
-- ('': nothing, both), for how many ms. It answers what is there if it is neither.
local kept = redis.call('GET', KEYS[1]) or ''
if kept ~= ARGV[1] and kept ~= ARGV[2] then
  return {'conflict', kept}
end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return {'ok'}
