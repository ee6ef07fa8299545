local rows = csv.read "pets.csv"
local few  = sql [[
  SELECT name, row_number() OVER () AS n
  FROM rows
  WHERE species = NULL
  LIMIT 3
]]
