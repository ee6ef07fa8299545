-- A label of today and features of the days before, a label of tomorrow and features until today: what is known before gives nothing
-- away, through steps, groups, filters, subqueries and parts.
local flights = csv.read "flights.csv"
local most = 15
local clean = sql [[ SELECT * FROM flights WHERE delay > -60 ]]
local days = sql [[
  SELECT origin, CAST(date AS DATE) AS day, sum(delay) AS delay FROM clean WHERE delay < 600 GROUP BY ALL HAVING count(*) > 0
]]
local rows = sql [[
  SELECT d.origin, d.day, lag(d.delay, 1, 0) OVER w AS yesterday, lag(d.delay IGNORE NULLS) OVER w AS last,
         avg(d.delay) OVER (w ROWS BETWEEN 7 PRECEDING AND 1 PRECEDING) AS week, lead(d.delay) OVER r AS backwards, d.delay > $most AS late
  FROM days d WINDOW w AS (PARTITION BY d.origin ORDER BY d.day), r AS (PARTITION BY d.origin ORDER BY d.day DESC)
]]
local train, test = split { rows, time = "day" }
local model = xgboost.train {
  train, label = "late", features = { "yesterday", "last", "week", "backwards" }, as = "today"
}
evaluate { model, test, as = "of_today" }
local lagged = sql [[ SELECT *, lag(delay) OVER (PARTITION BY origin ORDER BY day) AS yesterday FROM days ]]
local ahead = sql [[
  WITH named AS (SELECT origin, day AS at_day, delay, yesterday FROM lagged WHERE delay IS NOT NULL)
  SELECT delay, yesterday, lag(yesterday) OVER w AS before, sum(delay) OVER w AS so_far, lead(delay) OVER w > $most AS late
  FROM named WINDOW w AS (PARTITION BY origin ORDER BY at_day)
]]
local next = xgboost.train { ahead, label = "late", as = "tomorrow" }
-- how many there are, in parts and folds
local counts = sql [[ SELECT origin, CAST(date AS DATE) AS day, count(*) AS n FROM flights WHERE delay > 0 GROUP BY origin, day ]]
local earlier, later = split { counts, time = "day" }
local counted = sql [[ SELECT lag(n) OVER (PARTITION BY origin ORDER BY day) AS yesterday, n FROM earlier ]]
for i, fold in ipairs(kfold { counted, k = 2 }) do xgboost.train { fold.train, label = "n", as = "fold" .. i } end
