-- signed in, and enrolled: user u takes courses 1 + (u*13 + k*courses/10) mod courses
package.path = os.getenv("WRK_LIB") .. "/?.lua;" .. package.path
local lib = require "lib"
math.randomseed(os.time())
local tokens = lib.lines("tokens")
request = function()
  local u = math.random(1, #tokens)
  local c = 1 + (u * 13 + math.random(1, 10) * math.floor(lib.courses / 10)) % lib.courses
  return wrk.format("GET", "/api/courses/course-" .. c .. "/", {["Authorization"] = lib.auth .. tokens[u]})
end
done = lib.report
