-- When a pipeline is to run, and what can be wrong about it.
pipeline "weekly" {
  params   = { day = Date { default = "2024-01-01" }, k = 3 },
  schedule = { cron = "0 25 * * *", timezone = "Europe Berlin", sets = "k", every = "day" },
  build    = function (p) end,
}
local words = "daily"
local inner = pipeline "inner" { schedule = words, build = function (p) end }
local short = pipeline "short" { schedule = { cron = "0 6 * *" }, build = function (p) end }
inner {}
