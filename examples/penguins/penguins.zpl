-- penguins.zpl: which species is it?      zpl run penguins.zpl --rounds 50
local p = params { data = Path "penguins.csv", rounds = Int { default = 30, min = 1, max = 1000 }, holdout = Float { default = 0.25, min = 0.05, max = 0.5 } }

local penguins = csv.read (p.data)

-- a step of one's own, with a body in SQL ...
local measured = step "measured" {
  signature = "(birds: Table {species: String, bill_len: Float, bill_dep: Float, flipper_len: Int, body_mass: Int}) -> (rows: Table {species: String, bill_len: Float, bill_dep: Float, flipper_len: Int, body_mass: Int})",
  sql       = [[ SELECT * FROM birds WHERE bill_len IS NOT NULL ]],
  doc       = "Birds that were measured.",
}

-- ... and one with a body in Lua: plain values in, plain values out
local shape = step "shape" {
  signature = "(birds: Table {species: String, bill_len: Float, bill_dep: Float, flipper_len: Int, body_mass: Int}) -> (rows: Table {species: String, slender: Float, flipper_len: Int, body_mass: Int})",
  lua       = function (t)
    local birds, slender = t.birds, {}
    for i = 1, #birds do
      slender[i] = birds.bill_len[i] / birds.bill_dep[i]
    end
    return { species = birds.species, slender = slender, flipper_len = birds.flipper_len, body_mass = birds.body_mass }
  end,
}

local rows        = shape { measured { penguins } }
local train, test = split { rows, ratio = 1 - p.holdout, stratify = "species", seed = 7 }
local model       = xgboost.train { train, label = "species", rounds = p.rounds, max_depth = 3 }
local report      = evaluate { model, test }
local scored      = predict { model, test }
deploy { model, name = "penguins", when = report.accuracy >= 0.9 }
