-- forest.zpl: a scikit-learn model that is trained, stored and judged by Python.      zpl run forest.zpl --trees 200
local p = params { trees = Int { default = 50, min = 1 } }

local fit = step "fit" {
  signature = "(train: Table {l: String, ...f}, label: column l, trees: Int = 50) -> (model: Model {sklearn, features: f, label: l})",
  python    = "forest.py:fit",
}
local judge = step "judge" {
  signature = "(model: Model {sklearn, features: f, label: l}, test: Table {l: String, ...f}, label: column l) -> (report: Report {accuracy: Float, macro_f1: Float})",
  python    = "forest.py:judge",
}

local penguins    = csv.read "penguins.csv"
local rows        = sql [[ SELECT species, bill_len, bill_dep, flipper_len, body_mass
                           FROM penguins WHERE bill_len IS NOT NULL ]]
local train, test = split { rows, ratio = 0.75, stratify = "species", seed = 7 }
local model       = fit { train, label = "species", trees = p.trees }
local report      = judge { model, test, label = "species" }
deploy { model, name = "forest", when = report.accuracy >= 0.9 }
