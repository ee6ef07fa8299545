-- What can be named where the name stands, not what the tables of the program hold.
local rows = csv.read "pets.csv"
local a = sql [[ WITH a AS (SELECT id FROM rows) SELECT name FROM a ]]
local b = sql [[ SELECT x FROM (SELECT id AS x, age FROM rows) WHERE weight > 3 ]]
local c = sql [[ SELECT r.id FROM rows r JOIN (SELECT age AS aged FROM rows) o ON r.age = o.agde ]]
local d = sql [[ SELECT name WHERE true ]]
