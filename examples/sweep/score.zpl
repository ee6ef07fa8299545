-- A template: trains on one part and scores on the other, with whatever trainer it is given.
local score = pipeline "score" {
  signature = [[ (rows: Table {l: String, ...f}, label: column l, holdout: Float 0.05..0.5 = 0.25,
                  trainer: Step (train: Table {l: String, ...f}, label: column l) -> (model: Model) = xgboost.train)
                 -> (model: Model, report: Report {accuracy: Float, ...}) ]],
  build = function (p)
    local train, test = split { p.rows, ratio = 1 - p.holdout, stratify = p.label, seed = 7 }
    local model       = p.trainer { train, label = p.label }
    return model, evaluate { model, test }
  end,
}
return { score = score }
