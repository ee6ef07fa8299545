-- Two deployments under one name would undo each other in every run.
local rows = csv.read "flights.csv"
local train, test = split { rows }
local near = xgboost.train { train, label = "delay", features = { "distance" } }
local far = xgboost.train { train, label = "delay", features = { "distance" }, rounds = 9 }
local a, b = evaluate { near, test }, evaluate { far, test }
deploy { near, name = "delays" }
deploy { far, name = "delays" }
-- which of these it is shows when they are there
deploy { near, name = "best", when = a.rmse <= b.rmse }
deploy { far, name = "best", when = b.rmse < a.rmse }
deploy { near, name = "none", when = false }
deploy { far, name = "none" }
local function put(model) deploy { model, name = "put" } end
put(near)
put(far)
each({ near, far }, function(model) deploy { model, name = "turn" } end)
each({ near, far }, function(model, i) deploy { model, name = "turn" .. i } end)
local list = step "list" { inputs = { r = Table { distance = Int } }, outputs = { names = List(String) }, lua = function(t) return { names = { "x", "y" } } end }
each(list { test }, function(name) deploy { near, name = "item" } end)
each(list { test }, function(name) deploy { near, name = name } end)
each(list { test }, function(name) deploy { near, name = "chosen", when = a.rmse < 9 } end)
