-- ARGV: epoch, token, seq, kind, then field and state of each position
local epoch, token, seq, kind = unpack(ARGV, 1, 4)
local no = refuse(epoch, token, seq)
if no then
  return no
end
if #ARGV > 4 then
  if kind == 'STREAM' then
    redis.call('HDEL', checkpoint, 'GLOBAL', 'LEGACY')
  else
    redis.call('DEL', checkpoint)
  end
end
for i = 5, #ARGV, 2 do
  redis.call('HSET', checkpoint, ARGV[i], ARGV[i + 1])
end
return done(token, seq, '')
