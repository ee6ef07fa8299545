-- birds.zpl: the species of penguins, told by a net of Keras that ONNX Runtime scores.      zpl run birds.zpl --epochs 60
local p = params { epochs = Int { default = 40, min = 1 } }

local fit = step "fit" {
  signature = "(train: Table {l: y, ...f}, label: column l, epochs: Int = 40) -> (net: Model {keras, features: f, label: l: y})",
  python    = "steps.py:fit",
  vars      = { TF_CPP_MIN_LOG_LEVEL = "2" },
}
local judge = step "judge" {
  signature = "(net: Model {keras, features: f, label: l: y}, test: Table {l: y, ...f}, label: column l) -> (report: Report {accuracy: Float})",
  python    = "steps.py:judge",
  vars      = { TF_CPP_MIN_LOG_LEVEL = "2" },
}

local penguins    = csv.read "penguins.csv"
local rows        = sql [[ SELECT species::ENUM ('Adelie', 'Chinstrap', 'Gentoo') AS species,
                                  bill_len, bill_dep, flipper_len, body_mass
                           FROM penguins WHERE bill_len IS NOT NULL ]]
local train, test = split { rows, ratio = 0.75, stratify = "species", seed = 7 }
local net         = fit { train, label = "species", epochs = p.epochs }
local report      = judge { net, test, label = "species" }
local model       = onnx.export { net }                 -- from here on no Python: ONNX Runtime scores
local native      = evaluate { model, test }
deploy { model, name = "birds", when = native.accuracy >= 0.9 }
