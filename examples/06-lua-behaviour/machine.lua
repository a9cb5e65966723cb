-- Called by the engine; one Lua state a worker, no state a thing.
-- thing.* are the columns that `state:` declares; assigning to them is the only memory.
function on_tick(thing)
  if thing.fault then
    if rng.chance(0.2) then
      thing.fault = false
      return event("recovered", { cycle = thing.cycle })
    end
    return -- silent while faulty
  end
  thing.cycle = thing.cycle + 1
  if rng.chance(0.01) then
    thing.fault = true
    return event("stopped", { code = rng.int(100, 199) })
  end
  return telemetry() -- the payload comes from the model and the target's template
end

function on_command(thing, cmd)
  if cmd.action == "stop" then
    thing.fault = true
    return ack("accepted")
  end
  return ack("rejected", "unsupported action " .. cmd.action)
end
