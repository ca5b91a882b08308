package.path = os.getenv("WRK_LIB") .. "/?.lua;" .. package.path
local lib = require "lib"
math.randomseed(os.time())
request = function() return wrk.format("GET", "/api/courses/?page=" .. math.random(1, math.min(50, math.floor(lib.courses / 20)))) end
done = lib.report
