local classify = pipeline "classify" {
  signature = [[ (rows: Table {id: Int, l: Bool, ...f}, label: column l, holdout: Float 0..0.5 = 0.2,
                  trainer: Step (train: Table {l: Bool, ...f}, label: column l) -> (model: Model {features: f, label: l}) = xgboost.train)
                 -> (model: Model {features: f, label: l}, report: Report {auc: Float}) ]],
  build = function (p)
    local train, test = split { p.rows, ratio = 1 - p.holdout, stratify = p.label }
    local model       = p.trainer { train, label = p.label }
    return model, evaluate { model, test }
  end,
}
return { classify = classify }
