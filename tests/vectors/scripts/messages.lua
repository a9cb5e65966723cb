local names = { "a", "b" }
function on_start(thing) thing.mode = names[1] .. thing.id end
function on_message(thing, message)
  for word in message.payload:gmatch("%a+") do event(word, { n = #word, list = { 1, 2, rng.int(1, 9) } }) end
  local ok, why = pcall(error, { code = 1 })
  thing.cycle = (thing.cycle + 1) % 1000
end
function on_command(thing, cmd)
  local co = coroutine.wrap(function(x) coroutine.yield(x) return 2 end)
  return ack("accepted", string.format("%s %d", cmd.action, co(1)) .. ("-"):rep(3))
end
