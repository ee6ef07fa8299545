-- What a result can't be.
local rows = csv.read "pets.csv"
local a = sql [[ SELECT ID, weight Id FROM rows ]]
local b = sql [[ SELECT id FROM rows UNION SELECT id, name FROM rows ]]
local c = sql [[ SELECT weight > born AS later, name FROM rows ]]
local d = sql [[ SELECT id + name AS both FROM rows ]]
