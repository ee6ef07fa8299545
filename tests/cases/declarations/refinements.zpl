-- Types that no value has, and refinements a type does not have.
local a = Int { min = 5, max = 3 }
local b = String { match = "[" }
local c = Enum { "a", "b", "a" }
local d = Int { 3 }
local e = Int { one_of = {} }
local f = Bool { min = 1 }
local g = String { mach = "x" }
local h = Date { min = "2024-01-02", max = "2024-01-01" }
local i = Float { min = 0.5, max = 0.5, default = 0.5 }
local j = Enum("a", "b")
local k = Model "xgboost"
step "l" { signature = "(rows: Table {a: Int}, retries: Int = 3) -> (rows: Table {a: Int})", sql = "SELECT a FROM rows" }
step "m" { inputs = { rows = Table { a = Int } }, params = { when = Bool }, outputs = { rows = Table { a = Int } }, sql = "SELECT a FROM rows" }
local n = pipeline "n" { inputs = { as = Table {...} }, build = function (p) end }
local o = Step { "(train: Table {...r}, label: column l) -> (model: Model)", default = xgboost.train { roundz = 3, max_depth = 2 } }
