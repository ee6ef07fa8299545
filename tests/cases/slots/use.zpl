local tabular = import "template.zpl"
local rows = csv.read "flights.csv"
local data = sql [[ SELECT hash(date) % 1000 AS id, distance, delay > 15 AS late FROM rows ]]
local short = step "short" {
  signature = "(train: Table {l: Bool, ...f}, label: column l) -> (rows: Table {l: Bool, ...f})",
  sql = "SELECT * FROM train",
}
tabular.classify { data, label = "late" }
tabular.classify { data, label = "late", trainer = short }
tabular.classify { data, label = "late", trainer = split }
tabular.classify { data, label = "late", trainer = 3 }
tabular.classify { data, label = "lat" }
tabular.classify { rows, label = "origin" }
local a = Step { "(a: Int) -> (b)", default = deploy }
local b = Step { default = deploy }
local c = Step { "(model: Model)", default = deploy { "mine" }, doc = "x" }
local d = Step(3)
