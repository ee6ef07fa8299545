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
