-- ARGV: ids below this one ('+inf', or '(' and an id), limit. It answers ids and
-- records in turn.
local answer = {}
for _, id in ipairs(redis.call('ZREVRANGEBYSCORE', syncids, ARGV[1], '-inf', 'LIMIT', 0, ARGV[2])) do
  answer[#answer + 1] = id
  answer[#answer + 1] = redis.call('HGET', syncs, id)
end
return answer
