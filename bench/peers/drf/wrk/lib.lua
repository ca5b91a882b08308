-- Shared by the load scripts.  Environment: DATA_DIR and DB say where the harness left its files.
local M = {}
local dir, db = os.getenv("DATA_DIR"), os.getenv("DB")
function M.lines(name)
  local t = {}
  for line in io.lines(dir .. "/" .. name .. "_" .. db .. ".txt") do t[#t + 1] = line end
  return t
end
-- Any API of the same layout can be measured with the same scripts.
M.auth = os.getenv("AUTH_PREFIX") or "Token "
M.courses = tonumber(os.getenv("COURSES") or "1000")
function M.report(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT rps=%.1f p50=%.3f p90=%.3f p99=%.3f max=%.3f bytes=%d n=%d non2xx=%d errors=%d\n",
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1e3, latency:percentile(90) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3, summary.bytes / math.max(summary.requests, 1), summary.requests, e.status,
    e.connect + e.read + e.write + e.timeout))
end
return M
