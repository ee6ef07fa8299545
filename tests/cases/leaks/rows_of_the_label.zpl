-- Features of the rows that the label is of, or of later ones, and those of which it is not known.
local flights = csv.read "flights.csv"
local days = sql [[ SELECT origin, CAST(date AS DATE) AS day, sum(delay) AS delay FROM flights GROUP BY ALL ]]
local rows = sql [[
  SELECT lead(delay) OVER w AS tomorrow, avg(delay) OVER (w ROWS BETWEEN 7 PRECEDING AND CURRENT ROW) AS week,
         lag(delay, 1, delay) OVER w AS first, lag(delay) OVER (PARTITION BY origin ORDER BY day DESC) AS backwards,
         lag(delay) OVER (PARTITION BY origin ORDER BY origin) AS other, lag(delay) OVER (PARTITION BY delay > 3 ORDER BY day) AS alike,
         delay > 15 AS late
  FROM days WINDOW w AS (PARTITION BY origin ORDER BY day)
]]
local today = xgboost.train { rows, label = "late", as = "today" }
local ahead = sql [[
  SELECT d.delay, avg(d.delay) OVER (w ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS around,
         lead(d.delay, 7) OVER w AS far, lag(d.delay) OVER (PARTITION BY d.origin ORDER BY d.day NULLS FIRST) AS other_order, o.delay AS joined,
         lead(d.delay) OVER w > 15 AS late
  FROM days d LEFT JOIN days o ON o.origin = d.origin AND o.day > d.day WINDOW w AS (PARTITION BY d.origin ORDER BY d.day)
]]
local tomorrow = xgboost.train { ahead, label = "late", as = "tomorrow" }
-- Rows that are others only at this step.
local twice = sql [[
  SELECT date, origin, delay FROM flights WHERE distance > 500 UNION ALL SELECT date + INTERVAL 1 DAY, origin, delay FROM flights
]]
local ranks = sql [[ SELECT date, origin, count(*) OVER (PARTITION BY delay > 15) AS delay FROM flights ]]
local same = step "same" {
  signature = "(rows: Table {date: Timestamp, origin: String, delay: Int}) -> (rows: Table {date: Timestamp, origin: String, delay: Int})",
  lua = function (t) return t.rows end,
}
local part = split { days, stratify = "delay", as = "part" }
local bodied = same { flights }
local r1 = sql [[ SELECT lag(delay) OVER (PARTITION BY origin ORDER BY date) AS in_both, delay > 15 AS late FROM twice ]]
local r2 = sql [[ SELECT lag(delay) OVER (PARTITION BY origin ORDER BY date) AS ranked, delay > 15 AS late FROM ranks ]]
local r3 = sql [[ SELECT lag(delay) OVER (PARTITION BY origin ORDER BY date) AS of_body, delay > 15 AS late FROM bodied ]]
local r4 = sql [[ SELECT lag(delay) OVER (PARTITION BY origin ORDER BY day) AS in_part, delay > 15 AS late FROM part ]]
local m1 = xgboost.train { r1, label = "late", as = "m1" }
local m2 = xgboost.train { r2, label = "late", as = "m2" }
local m3 = xgboost.train { r3, label = "late", as = "m3" }
local m4 = xgboost.train { r4, label = "late", as = "m4" }
-- Of two orders that put nulls at other ends, before is after for some.
local lagged = sql [[ SELECT *, lag(delay) OVER (PARTITION BY origin ORDER BY day) AS previous FROM days ]]
local r5 = sql [[ SELECT lag(previous) OVER (PARTITION BY origin ORDER BY day NULLS FIRST) AS turned, delay > 15 AS late FROM lagged ]]
local m5 = xgboost.train { r5, label = "late", as = "m5" }
