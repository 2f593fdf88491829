-- ARGV: epoch, token, seq, 'all' or 'streams', SHA-1 of the GLOBAL state that
-- was cut or '', what is left of it, then the fields of the streams
local epoch, token, seq, what, before, after = unpack(ARGV, 1, 6)
local no = refuse(epoch, token, seq)
if no then
  return no
end
if what == 'all' then
  redis.call('DEL', checkpoint)
else
  local streams = {}
  for i = 7, #ARGV do
    streams[#streams + 1] = ARGV[i]
  end
  no = clear(streams, before, after)
  if no then
    return no
  end
end
return done(token, seq, '')
