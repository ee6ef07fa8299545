-- Rows may be chosen by what is known only afterwards, where that chooses no value.
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local others = csv.read { "others.csv", hindsight = { "delay" } }
-- what they are cleaned by holds for all of them, so what is counted of them says nothing of any
local clean = sql [[ SELECT * FROM flights WHERE delay BETWEEN -30 AND 300 ]]
local train, test = split { clean }
local usual = sql [[ SELECT origin, avg(distance) AS usual, count(*) AS n FROM train GROUP BY origin ]]
local rows = sql [[ SELECT c.distance, u.usual, u.n, c.delay > 15 AS late FROM train c LEFT JOIN usual u USING (origin) ]]
local a = xgboost.train { rows, label = "late", as = "a" }
-- an inner join is one more filter
local near = sql [[
  SELECT f.distance, o.distance AS other, f.delay > 15 AS late
  FROM others o JOIN (SELECT * FROM flights WHERE delay < 300) f ON f.origin = o.origin
]]
local b = xgboost.train { near, label = "late", as = "b" }
-- parts of a union that are computed alike, or are of two files
local all_of_them = sql [[
  SELECT distance, 2 * distance AS twice, 'mine' AS file, delay > 15 AS late FROM flights WHERE delay < 300
  UNION ALL SELECT distance, 2 * distance, 'other', delay > 15 FROM others WHERE delay < 300
]]
local even = sql [[
  SELECT distance, 2 * distance AS twice, late FROM all_of_them WHERE late
  UNION ALL SELECT distance, 2 * distance, late FROM all_of_them WHERE NOT late AND distance % 2 = 0
]]
local c = xgboost.train { even, label = "late", as = "c" }
local with_file = sql [[ SELECT distance, file = 'mine' AS mine, late FROM all_of_them ]]
local d = xgboost.train { with_file, label = "late", as = "d" }
