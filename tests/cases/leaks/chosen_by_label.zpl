-- A feature that the label chooses gives it away, whether the label is known only afterwards or not.
local flights = csv.read "flights.csv"
local rows = sql [[ SELECT *, delay > 15 AS late FROM flights ]]
local late = sql [[ SELECT date, origin FROM rows WHERE late ]]
local seen = sql [[
  SELECT r.distance, l.date IS NOT NULL AS listed, j.date IS NULL AS in_time, r.date IN (SELECT date FROM rows WHERE late) AS found,
         EXISTS (SELECT 1 FROM rows o WHERE o.late AND o.origin = r.origin) AS some,
         (SELECT count(*) FROM rows o WHERE o.delay > 30 AND o.origin = r.origin) AS often,
         row_number() OVER (PARTITION BY r.late ORDER BY r.date) AS number, b.distance AS other, r.late
  FROM rows r LEFT JOIN late l ON l.date = r.date LEFT JOIN rows j ON j.date = r.date AND j.late
       JOIN (SELECT weather, distance FROM rows WHERE late) b ON b.weather = r.weather
]]
local model = xgboost.train { seen, label = "late" }
local parts = sql [[ SELECT distance, 1 AS c, late FROM rows WHERE late UNION ALL SELECT distance, 0, late FROM rows WHERE NOT late ]]
local other = xgboost.train { parts, label = "late" }
