-- constants that can never be what they are compared with or cast to, told where they stand
local pets = csv.read { "pets.csv", type = Table { born = Date, sold = Bool, age = Int, weight = Float, name = String } }
local a = sql [[
  SELECT sold = 'maybe' AS s, age IN (1, 'two') AS t
  FROM pets
  WHERE born > '2020-13-01'
]]
local b = sql [[ SELECT CAST('x' AS INTEGER) AS x, coalesce(age, 'none') AS y FROM pets ]]
local c = sql [[ SELECT TRY_CAST('x' AS INTEGER) AS x, age > '3' AS y FROM pets WHERE born > '2020-12-01' ]]
local d = sql [[ SELECT weigth, sold = 'perhaps' AS s FROM pets ]]
local e = sql [[ SELECT weigth = 'much' AS s FROM pets ]] -- a guess is not held against the text
