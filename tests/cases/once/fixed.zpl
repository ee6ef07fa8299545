pipeline "x" {
  params = { trainer  = Step { "(train: Table {l: Bool, ...f}, label: column l) -> (model: Model)", default = xgboost.train { rouds = 3 } } },
  build = function (p)
    local rows = sql [[ SELECT 1 AS x, true AS y ]]
    p.trainer { rows, label = "y" }
  end }
