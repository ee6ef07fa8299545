-- Values of the program in a query.
local p = params { minutes = 15, kinds = List(String) { default = { "dog" } }, from = Optional(Date) }
local rows  = csv.read "pets.csv"
local scale = 2.5
local a = sql [[ SELECT id FROM rows WHERE age > $minuts OR weight > $scael ]]
local b = sql [[ SELECT id FROM rows WHERE id = minutes ]]
local c = sql [[ SELECT id FROM $rows ]]
local d = sql [[ SELECT id FROM minutes ]]
local e = sql [[ SELECT id FROM rows WHERE species IN $kinds ]]
local f = sql [[ SELECT id FROM rows WHERE id = :minutes ]]
local g = sql [[ SELECT id FROM rows WHERE id = {minutes} ]]
local h = sql [[ SELECT id FROM rows WHERE id = ${minutes} ]]
local i = sql [[ SELECT id FROM rows WHERE id = %s ]]
local j = sql [[ SELECT id FROM rows WHERE id = $rows ]]
local k = sql [[ SELECT id FROM rows WHERE id = $nothing ]]
