-- Load for wrk: batches of alerts, each new, or a fixed set of batches again and again.
-- Arguments: path, host, batch, repeated batches (0: always new), groups, then the four pieces of an alert (alerts.py).
local concat = table.concat
local batch, repeated, groups, pieces, head, requests
local number, turn = 0, 0

local function request_for(first)
  local parts, at = { "[" }, 1
  for n = first, first + batch - 1 do
    if n > first then at = at + 1; parts[at] = "," end
    parts[at + 1], parts[at + 2] = pieces[1], n % groups
    parts[at + 3], parts[at + 4] = pieces[2], n
    parts[at + 5], parts[at + 6] = pieces[3], n
    parts[at + 7] = pieces[4]
    at = at + 7
  end
  parts[at + 1] = "]"
  local body = concat(parts)
  return concat({ head, #body, "\r\n\r\n", body })
end

function init(args)
  batch, repeated, groups = tonumber(args[3]), tonumber(args[4]), tonumber(args[5])
  pieces = { args[6], args[7], args[8], args[9] }
  head = "POST " .. args[1] .. " HTTP/1.1\r\nHost: " .. args[2] .. "\r\nContent-Type: application/json\r\nContent-Length: "
  if repeated > 0 then
    requests = {}
    for i = 1, repeated do requests[i] = request_for((i - 1) * batch) end
  end
end

function request()
  if requests then
    turn = turn % repeated + 1
    return requests[turn]
  end
  local first = number
  number = number + batch
  return request_for(first)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"refused":%d,"broken":%d,"p50":%.3f,"p99":%.3f}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
