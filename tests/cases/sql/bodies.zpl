-- What a body sees is what its step takes.
local pets = csv.read "pets.csv"
local a = step "a" {
  signature = "(rows: Table {age: Int}, least: Int = 3) -> (rows: Table {age: Int})",
  sql = [[ SELECT age FROM pets WHERE age > $most ]],
}
local b = step "b" {
  signature = "(rows: Table {age: Int}) -> (rows: Table {age: Int})",
  sql = [[ SELECT age FROM row, nothing WHERE age > $most AND least > 3 ]],
}
local c = step "c" {
  signature = "(rows: Table {age: Int}, kinds: List(String)) -> (rows: Table {age: Int})",
  sql = [[ SELECT age FROM rows WHERE age IN $kinds ]],
}
