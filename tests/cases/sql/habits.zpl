-- Words of other databases, and slips of the pen.
local rows = csv.read "pets.csv"
local ends = sql [[ SELECT id AS "end" FROM rows ]]
local a = sql [[ SELECT end FROM ends ]]
local b = sql [[ SELECT chip no FROM rows ]]
local c = sql [[ SELECT TOP 5 id FROM rows ]]
local d = sql [[ SELEC id FROM rows ]]
local e = sql [[ SELECT id FORM rows ]]
local f = sql [[ SELECT id FROM rows GRUOP BY id ]]
local g = sql [[ SELECT isnull(age, 3) AS age FROM rows ]]
local h = sql [[ SELECT rand() AS r FROM rows ]]
local i = sql [[ SELECT randm() AS r FROM rows ]]
local j = sql [[ SELECT row_number() AS n FROM rows ]]
local k = sql ""
local l = sql [[ SELECT id FROM rows WHERE name = "Rex" ]]
