-- Every wrong name of a query in one go, and nothing that only follows from one.
local minutes = 15
local rows = csv.read "pets.csv"
local a = sql [[
  WITH heavy AS (SELECT nmae, wieght FROM rows WHERE agee > $minuts)
  SELECT name, weight, speceis
  FROM heavy
  WHERE huor(born) = 3
]]
local b = sql [[ SELECT zzz, a.idd FROM rows a ORDER BY qqq ]]
local c = sql [[ WITH a AS (SELECT zzz FROM rows) SELECT zzz, y FROM a ]]
local d = sql [[ SELECT x FROM lost JOIN lots USING (y) WHERE z = $what ]]
local e = sql [[ SELECT * EXCLUDE (ide), nam FROM rows ]]
local f = sql [[ SELECT * REPLACE (1 AS ide) FROM rows ]]
local g = sql [[ SELECT a.id FROM rows a JOIN rows b USING (idd) ]]
local h = sql [[ SELECT rows.id, r.idd, x.id FROM rows r ]]
local i = sql [[ SELECT lost.x, u.y FROM lost ]]
local j = sql [[ SELECT r.* EXCLUDE (idd) FROM rows r QUALIFY row_number() OVER (ORDER BY agee) = 1 ]]
local k = sql [[ SELECT id FROM Rows WHERE age = $Minutes ]]
local l = sql [[ SELECT r.id, (SELECT max(x.id) FROM lost x WHERE x.id = r.id) AS m FROM rows r ]]
local m = sql [[ SELECT r.id FROM rows r WHERE r.id IN (SELECT b2.id FROM b AS b2 WHERE b2.id > 3) ]]
