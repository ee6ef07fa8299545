local T = Table { a = Int { min = 0, max = 9, one_of = { 1, 2 } }, b = Enum { "x", "y" }, c = Optional(String { match = "^a" }), ... }
local M = Model { "xgboost", label = "late" } local R = Record { a = List(Int) } local X = Tensor "f32[784]"
local s = step "s" { signature = "(rows: T) -> (r: Report {n: Int})", lua = function (t) return { n = #t.rows } end }
