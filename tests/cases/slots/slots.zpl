local half = step "half" { signature = "(train: Table {...r}) -> (model: Table {...r})", sql = "SELECT * FROM train LIMIT 3" }
pipeline "mine" {
  params = {
    data = Path "flights.csv",
    trainer  = Step { "(train: Table {l: Bool, ...f}, label: column l) -> (model: Model)", default = xgboost.train { rounds = 3 } },
    deployer = Step { "(model: Model)", default = deploy { name = "mine" } },
  },
  build = function (p)
    local rows = csv.read(p.data)
    local data = sql [[ SELECT distance, delay > 15 AS late FROM rows ]]
    local train, test = split { data }
    local model = p.trainer { train, label = "late" }
    local report = evaluate { model, test }
    p.deployer { model, when = report.auc >= 0.5 }
  end,
}
