-- sweep.zpl: which depth and learning rate tell penguins apart best?      zpl run sweep.zpl --folds 5
local template = import "score.zpl"
local p = params { data = Path "penguins.csv", folds = Int { default = 3, min = 2, max = 10 } }

-- a program of one's own, in any language: here a script of awk that drops birds with a missing measure
local whole = step "whole" {
  signature = "(birds: Table {species: String, bill_len: Float, bill_dep: Float, flipper_len: Int, body_mass: Int}) -> (rows: Table {species: String, bill_len: Float, bill_dep: Float, flipper_len: Int, body_mass: Int})",
  command   = { "sh", "whole.sh", "$birds.csv", "$rows.csv" },
}
local birds     = whole { csv.read(p.data) }
local dev, test = split { birds, ratio = 0.8, stratify = "species", seed = 7 }

-- every combination, each by cross-validation
local trials = each(grid { max_depth = { 2, 4 }, eta = { 0.1, 0.3 } }, function (h)
  local reports = each(kfold { dev, k = p.folds, seed = 7 }, function (fold)
    local model = xgboost.train { fold.train, label = "species", rounds = 20, max_depth = h.max_depth, eta = h.eta }
    return evaluate { model, fold.test }
  end)
  return { h = h, accuracy = mean(reports).accuracy }
end)

-- the winner, on the part that no trial has seen
local best  = max(trials, "accuracy")
local model = xgboost.train { dev, label = "species", rounds = 20, max_depth = best.h.max_depth, eta = best.h.eta }
local final = evaluate { model, test }
deploy { model, name = "penguins", when = final.accuracy >= 0.9 }

-- the same data through the template, with its own trainer, for comparison
template.score { birds, label = "species", as = "plain" }
