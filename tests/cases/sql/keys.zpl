-- What tells the rows of a table apart is known from step to step: an order by it leaves no ties.
local readings = csv.read { "readings.csv", type = Table { house = String, ts = Timestamp, kwh = Float } }
local houses = csv.read { "houses.csv", type = Table { house = String { unique = true }, city = String } }
local days = sql [[ SELECT house, CAST(ts AS DATE) AS day, sum(kwh) AS kwh FROM readings GROUP BY ALL ]]

-- no ties
sql [[ SELECT house, day, city, lag(d.kwh) OVER (PARTITION BY d.house ORDER BY d.day) AS before FROM days d JOIN houses USING (house) ]]
sql [[ SELECT d.house, lag(d.kwh) OVER (PARTITION BY d.house ORDER BY d.day) AS before FROM days d LEFT JOIN houses h ON d.house = h.house AND d.kwh > 0 ]]
sql [[ SELECT d.house, lag(d.kwh) OVER (PARTITION BY d.house ORDER BY d.day) AS before FROM days d, houses h WHERE d.house = h.house ]]
sql [[ SELECT * FROM days ORDER BY day, house LIMIT 3 ]]
local warm, cold = split { days, ratio = 0.5 }
sql [[ SELECT kwh FROM cold ORDER BY day, house LIMIT 3 ]]
local latest = sql [[ SELECT * FROM days QUALIFY row_number() OVER (PARTITION BY house ORDER BY day DESC) = 1 ]]
sql [[ SELECT kwh FROM latest ORDER BY house LIMIT 3 ]]
local few = sql [[ SELECT house AS h, day FROM days WHERE kwh > 1 EXCEPT SELECT house, day FROM warm ]]
sql [[ SELECT h FROM few ORDER BY h, day LIMIT 3 ]]
local cities = sql [[ SELECT DISTINCT city FROM houses ]]
sql [[ SELECT * FROM cities ORDER BY city LIMIT 3 ]]
local monthly = sql [[ SELECT house, city, month(day) AS month, sum(kwh) AS kwh FROM days JOIN houses USING (house) GROUP BY ALL ]]
sql [[ SELECT lag(kwh) OVER (PARTITION BY house ORDER BY month) AS before FROM monthly ]]

-- ties
local day_of = step "day_of" { signature = "(rows: Table {house: String, day: Date}) -> (rows: Table {house: String, n: Int})",
  sql = [[ SELECT house, row_number() OVER (PARTITION BY house ORDER BY day) AS n FROM rows ]] }
sql [[ SELECT lag(d.kwh) OVER (PARTITION BY h.house ORDER BY d.day) AS before FROM days d LEFT JOIN houses h ON d.house = h.house ]]
sql [[ SELECT house, lag(d.kwh) OVER (PARTITION BY city ORDER BY d.day) AS before FROM days d JOIN houses USING (house) ]]
sql [[ SELECT d.house, lag(d.kwh) OVER (PARTITION BY d.house ORDER BY d.day) AS before FROM days d JOIN readings r ON d.house = r.house ]]
sql [[ SELECT lag(d.kwh) OVER (PARTITION BY d.house ORDER BY d.day) AS before FROM days d RIGHT JOIN houses h ON d.house = h.house ]]
sql [[ SELECT lag(d.kwh) OVER (PARTITION BY d.house ORDER BY d.day) AS before FROM days d FULL JOIN houses h ON d.house = h.house ]]
local twice = sql [[ SELECT * FROM warm UNION ALL SELECT * FROM cold ]]
sql [[ SELECT kwh FROM twice ORDER BY house, day LIMIT 3 ]]
local rounded = sql [[ SELECT house, date_trunc('month', day) AS day, kwh FROM days ]]
sql [[ SELECT lag(kwh) OVER (PARTITION BY house ORDER BY day) AS before FROM rounded ]]
sql [[ SELECT date_trunc('month', day) AS day, kwh FROM days ORDER BY house, day LIMIT 3 ]]
