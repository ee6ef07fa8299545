local mine = step "mine" {
  signature = "(train: Table {l: Bool, ...f}, label: column l, k: Int = 1) -> (model: Table {...})",
  sql = "SELECT * FROM train LIMIT $k",
}
local tpl = pipeline "tpl" {
  signature = [[ (rows: Table {...}, trainer: Step (train: Table {l: Bool, ...f}, label: column l) -> (model: Any) = xgboost.train) -> (model: Any) ]],
  build = function (p) return p.trainer { p.rows, label = "late" } end,
}
local again = pipeline "again" {
  signature = [[ (rows: Table {...}, trainer: Step (train: Table {l: Bool, ...f}, label: column l) -> (model: Any)) -> (model: Any) ]],
  build = function (p) return tpl { p.rows, trainer = p.trainer { as = "deep" } } end,
}
local lib = { inner = { tpl = tpl } }
local rows = csv.read "flights.csv"
local num = sql [[ SELECT distance, delay > 15 AS late FROM rows ]]
tpl { num, trainer = xgboost.train { rounds = 4 }, as = "boosted" }
lib.inner.tpl { num, (xgboost.train { rounds = 5 }), as = "item" }
again { num, trainer = mine { k = 3 }, as = "twice" }
