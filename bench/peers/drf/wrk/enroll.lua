-- each request enrols a premium user (every fourth is) in a course not yet taken (the data uses every tenth of all);
-- START chooses with which user a run begins, so that runs do not meet
package.path = os.getenv("WRK_LIB") .. "/?.lua;" .. package.path
local lib = require "lib"
local tokens = lib.lines("tokens")
local step = lib.courses / 10
local each = lib.courses - 10
local n = tonumber(os.getenv("START") or "0") * each
request = function()
  local u = 4 * (1 + math.floor(n / each) % math.floor(#tokens / 4))
  local j = n % each
  n = n + 1
  local offset = math.floor(j / (step - 1)) * step + 1 + j % (step - 1)
  local c = 1 + (u * 13 + offset) % lib.courses
  return wrk.format("POST", "/api/courses/course-" .. math.floor(c) .. "/enroll/",
    {["Authorization"] = lib.auth .. tokens[u], ["Content-Type"] = "application/json"}, "{}")
end
done = lib.report
