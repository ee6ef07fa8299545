-- of another file; of rows before a day; over the rows before; of the group; days since the first
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local others = csv.read "others.csv"
local known = sql [[ SELECT avg(distance) AS mean FROM others ]]
local rows = sql [[
  SELECT distance - mean AS above,
         distance - (SELECT avg(distance) FROM flights WHERE date < '2024-01-02') AS above_then,
         avg(distance) OVER (ORDER BY date ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) AS lately,
         count(*) OVER (PARTITION BY origin) AS busy,
         date_diff('day', min(date) OVER (), date) AS day,
         delay > 15 AS late
  FROM flights, known
]]
local train, test = split { rows }
evaluate { xgboost.train { train, label = "late" }, test }
