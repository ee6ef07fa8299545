-- A label that is a key of the rows, or that goes by the time, chooses no feature.
local flights = csv.read "flights.csv"
local raw = sql [[ SELECT *, delay > 15 AS late FROM flights WHERE delay IS NOT NULL ]]
local known = sql [[ SELECT length(origin) AS o, length(weather) AS w, late, avg(distance) AS far, count(*) AS n FROM raw GROUP BY 1, 2, late ]]
local a = xgboost.train { known, label = "late", as = "a" }
local every = sql [[ SELECT length(origin) AS o, late, max(distance) AS far FROM raw GROUP BY ALL ]]
local b = xgboost.train { every, label = "late", as = "b" }
-- cleaned by the label, which holds for all rows
local clean = sql [[ SELECT date, origin, distance, delay FROM raw WHERE delay < 300 ]]
local counted = sql [[ SELECT c.distance, o.n, c.delay FROM clean c JOIN (SELECT origin, count(*) AS n FROM clean GROUP BY origin) o USING (origin) ]]
local c = xgboost.train { counted, label = "delay", as = "c" }
-- the time of the next one, and what stands before in time
local next = sql [[
  SELECT lag(distance) OVER (PARTITION BY origin ORDER BY date) AS before, date_diff('minute', date, lead(date) OVER (PARTITION BY origin ORDER BY date)) AS wait
  FROM raw
]]
local d = xgboost.train { next, label = "wait", as = "d" }
