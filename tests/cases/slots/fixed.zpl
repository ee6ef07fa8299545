-- What can't fill a slot where the pipeline is called.
local wrong = step "wrong" { signature = "(train: Table {...r}, label: Int) -> (model: Table {...r})", lua = function (t) return t.train end }
local table_of = step "table_of" { signature = "(train: Table {...r}, label: String) -> (out: Int)", lua = function (t) return 1 end }
local tpl = pipeline "tpl" {
  signature = [[ (rows: Table {...}, trainer: Step (train: Table {l: Bool, ...f}, label: column l) -> (model: Any) = xgboost.train) -> (model: Any) ]],
  build = function (p) return p.trainer { p.rows, label = "late" } end,
}
local again = pipeline "again" {
  signature = [[ (rows: Table {...}, trainer: Step (train: Table {l: Bool, ...f}, label: column l) -> (model: Any)) -> (model: Any) ]],
  build = function (p) return tpl { p.rows, trainer = p.trainer { as = "deep" } } end,
}
local strict = pipeline "strict" {
  signature = [[ (rows: Table {...}, trainer: Step (train: Table {l: Bool, ...f}, label: column l) -> (model: Model)) ]],
  build = function () end,
}
local rows = csv.read "flights.csv"
local num = sql [[ SELECT distance, delay > 15 AS late FROM rows ]]
tpl { num, trainer = xgboost.train { roundz = 4 }, as = "typo" }
tpl { num, trainer = xgboost.train { num }, as = "position" }
tpl { num, trainer = tpl { num }, as = "called" }
again { num, trainer = wrong, as = "int" }
again { num, trainer = table_of, as = "text" }
strict { num, trainer = table_of }
