-- species.zpl: which species is it? SQL, pandas and native steps in one pipeline.      zpl run species.zpl --rounds 50
local p = params { rounds = Int { default = 30, min = 1, max = 1000 }, least = Float { default = 0.9, min = 0, max = 1 } }

local penguins = csv.read "penguins.csv"
local measured = sql [[ SELECT species, sex, bill_len, bill_dep, flipper_len, body_mass
                        FROM penguins WHERE bill_len IS NOT NULL ]]

-- a function of steps.py: a DataFrame in, a DataFrame out
local shape = step "shape" {
  signature = "(birds: Table {species: String, bill_len: Float, bill_dep: Float, flipper_len: Int, body_mass: Int}) -> (rows: Table {species: String, slender: Float, flipper_len: Int, body_mass: Int})",
  python    = "steps.py:shape",
}
-- one that says itself what it takes and gives, above the function
local confusion = step "confusion" { python = "steps.py:confusion" }

local rows        = shape { measured }
local train, test = split { rows, ratio = 0.75, stratify = "species", seed = 7 }
local model       = xgboost.train { train, label = "species", rounds = p.rounds, max_depth = 3 }
local report      = evaluate { model, test }
local scored      = predict { model, test }
local mistakes    = confusion { scored }
deploy { model, name = "species", when = report.accuracy >= p.least }
