-- A body is checked where it is declared, called or not, and told once.
local never = step "never" {
  signature = "(rows: Table {a: Int}) -> (rows: Table {a: Int})",
  sql = "SELEC a FROM rows",
}
local wrong = step "wrong" {
  inputs  = { rows = Table { age = Int, name = String } },
  params  = { least = 3 },
  outputs = { rows = Table { age = Int, late = Bool } },
  sql     = [[ SELECT agee, nmae = 'x' AS late FROM rows WHERE age > $laest ]],
}
local more = step "more" {
  signature = "(rows: Table {age: Int}) -> (rows: Table {age: Int})",
  sql = [[ SELECT age, age * 2 AS twice, age + 1 AS older FROM rows ]],
}
local less = step "less" {
  signature = "(rows: Table {age: Int}) -> (rows: Table {age: Int, old: Bool})",
  sql = [[ SELECT age FROM rows ]],
}
local cut = step "cut" {
  signature = "(rows: Table {age: Int}, n: Int = 3) -> (rows: Table {age: Int})",
  sql = [[ SELECT age FROM rows LIMIT $n ]],
}
local open = step "open" {
  signature = "(rows: Table {age: Int, ...}) -> (rows: Table {age: Int})",
  sql = [[ SELECT age, weight FROM rows ]],
}
local rows = csv.read "pets.csv"
wrong { rows, lest = 4 }
wrong { rows, as = "again" }
more { rows }
cut { cut { rows }, n = 2 }
open { rows }
open { rows, as = "told once" }
