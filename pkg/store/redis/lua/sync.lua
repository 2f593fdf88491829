-- ARGV: epoch, token, seq, 'begin' or 'save', id or '0' for the next one,
-- status, record, history, SHA-1 of the GLOBAL state that was cut or '', what is
-- left of it, number of generations; then field and value of each generation;
-- then the fields of the streams to restart
local epoch, token, seq, what, id, status, record, history, before, after, n = unpack(ARGV, 1, 11)
local no = refuse(epoch, token, seq)
if no then
  return no
end
if id ~= '0' and redis.call('HEXISTS', syncs, id) == 0 then
  return {'notfound'}
end
local first = 12 + 2 * tonumber(n)
local restart = {}
for i = first, #ARGV do
  restart[#restart + 1] = ARGV[i]
end
no = clear(restart, before, after)
if no then
  return no
end
for i = 12, first - 1, 2 do
  redis.call('HSET', generations, ARGV[i], ARGV[i + 1])
end
if id == '0' then
  id = whole(redis.call('HINCRBY', connection, 'lastSync', 1))
end

redis.call('HSET', syncs, id, record)
redis.call('ZADD', syncids, id, id)
if status == 'running' then
  redis.call('SADD', running, id)
else
  redis.call('SREM', running, id)
end
if what == 'begin' or status == 'running' then
  redis.call('HSET', lease, 'sync', id)
end
for _, old in ipairs(redis.call('ZREVRANGE', syncids, history, -1)) do
  if redis.call('SISMEMBER', running, old) == 0 then
    redis.call('ZREM', syncids, old)
    redis.call('HDEL', syncs, old)
  end
end
return done(token, seq, id)
