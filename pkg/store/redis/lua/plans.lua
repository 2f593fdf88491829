-- KEYS: plans, due times, names. ARGV: 'due' or 'names', from, limit. It answers
-- names and plans in turn.
local list
if ARGV[1] == 'due' then
  list = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
else
  list = redis.call('ZRANGEBYLEX', KEYS[3], ARGV[2], '+', 'LIMIT', 0, ARGV[3])
end
local answer = {}
for _, name in ipairs(list) do
  local plan = redis.call('HGET', KEYS[1], name)
  if plan then
    answer[#answer + 1] = name
    answer[#answer + 1] = plan
  end
end
return answer
