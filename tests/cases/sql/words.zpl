-- Names that are words of SQL, words that are nearly some, and names quoted as elsewhere.
local flights = csv.read "flights.csv"
local both = sql [[ SELECT delay, date AS "at", delay > 15 AS late, origin, 1 AS city FROM flights ]]
local a = sql [[ SELECT at FROM "both" ]]
local b = sql [[ SELECT hour(at) AS h FROM "both" ]]
local c = sql [[ SELECT delay FROM "both" ORDER BY at ]]
local d = sql [[ SELECT delay FROM both ]]
local e = sql [[ SELECT delay, FORM flights ]]
local f = sql [[ SELECT city FROM "both" WHER city = 1 ]]
local g = sql [[ SELECT city, count(*) AS n FROM "both" GROUP city ]]
local h = sql [[ SELECT `delay`, '`x`' AS x FROM flights ]]
local i = sql [[ SELECT delay FROM `both` ]]
local j = sql [[ SELECT avg(late) AS l FROM "both" ]]
local k = sql [[ SELECT sum(origin) AS o FROM "both" ]]
local l = sql [[ SELECT date_diff(day, "at", "at") AS n FROM "both" ]]
local m = sql [[ SELECT "at" AS "end", delay AS late FROM "both" ]]
local n = xgboost.train { m, label = "late" }
local o = sql [[ SELECT order FROM flights WHERE group = 'a' ]]
