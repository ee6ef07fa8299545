-- pipelines of one file may deploy under one name: a run is about one of them
local made = step "made" { signature = "(k: Int) -> (m: Model {xgboost})", command = { "cp", "$k", "$m" } }
local a = pipeline "a" { build = function () deploy { made { 1 }, name = "x" } end }
local b = pipeline "b" { build = function () deploy { made { 2 }, name = "x" } end }
