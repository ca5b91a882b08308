package.path = os.getenv("WRK_LIB") .. "/?.lua;" .. package.path
local lib = require "lib"
math.randomseed(os.time())
request = function()
  return wrk.format("POST", "/api/auth/login/", {["Content-Type"] = "application/json"},
    string.format(os.getenv("LOGIN") or '{"username": "user%d", "password": "password"}', math.random(1, 200)))
end
done = lib.report
