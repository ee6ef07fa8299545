-- Only what stands where a table stands is one.
local p    = params { minutes = 15, kinds = List(String) { default = { "dog" } } }
local rows = csv.read "pets.csv"
local ids  = { 1, 2 }
local u    = sql [[ SELECT idd FROM rows ]]
local a    = sql [[ SELECT naem AS u FROM rows ]]
local b    = sql [[ SELECT name AS u FROM rows ]]
local c    = sql [[ SELECT agee AS b FROM rows ]]
local d    = sql [[ SELECT * FROM u ]]
local e    = sql [[ SELECT * FROM rows u WHERE species IN $kinds AND age > $minutes ]]
local f    = sql [[ SELECT id FROM rows WHERE id IN $ids ]]
local g    = sql [[ SELECT uu FROM b ]]
