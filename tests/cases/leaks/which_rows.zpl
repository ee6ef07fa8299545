-- What a join brings depends on which rows there are to be brought.
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local late = sql [[ SELECT date, distance FROM flights WHERE delay > 15 ]]
local landed = sql [[ SELECT DISTINCT origin, 1 AS one FROM flights WHERE delay IS NOT NULL ]]
local worst = sql [[ SELECT origin, (weather = 'rain')::INT AS rain FROM flights QUALIFY row_number() OVER (PARTITION BY origin ORDER BY delay, date) = 1 ]]
local rows = sql [[
  SELECT f.distance, r.date IS NULL AS in_time, coalesce(s.one, 0) AS flown, l.distance AS far, n.one AS landed,
         f.date IN (SELECT date FROM late) AS listed, w.rain, f.delay > 15 AS late
  FROM flights f
       LEFT JOIN (SELECT date FROM flights WHERE delay > 15) r ON r.date = f.date
       LEFT JOIN (SELECT date, 1 AS one FROM flights WHERE delay IS NOT NULL) s ON s.date = f.date
       LEFT JOIN late l ON l.date = f.date
       LEFT JOIN landed n ON n.origin = f.origin
       JOIN worst w ON w.origin = f.origin
]]
local model = xgboost.train { rows, label = "late" }
