-- Features of the rows before a day and a label of those after it, both joined by the same key: whether a join finds one is
-- not said by the key.
local flights = csv.read "flights.csv"
local weathers = sql [[ SELECT weather, count(*) AS whole FROM flights GROUP BY weather ]]
local before = sql [[ SELECT weather, avg(distance) AS far FROM flights WHERE date < '2001-01-03' GROUP BY weather ]]
local after = sql [[ SELECT DISTINCT weather FROM flights WHERE date >= '2001-01-03' ]]
local steps = sql [[
  SELECT w.whole, b.far, a.weather IS NULL AS gone FROM weathers w LEFT JOIN before b USING (weather) LEFT JOIN after a USING (weather)
]]
local first = xgboost.train { steps, label = "gone", as = "first" }
local rows = sql [[
  WITH b AS (SELECT weather, count(*) AS n FROM flights WHERE date < '2001-01-03' GROUP BY weather),
       a AS (SELECT weather, count(*) AS n FROM flights WHERE date >= '2001-01-03' GROUP BY weather)
  SELECT w.whole, coalesce(b.n, 0) AS n, a.weather IS NULL AS gone
  FROM weathers w LEFT JOIN b ON b.weather = w.weather LEFT JOIN a ON a.weather = w.weather
]]
local second = xgboost.train { rows, label = "gone", as = "second" }
