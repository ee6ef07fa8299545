pipeline "sizes" {
  params = {
    depth   = Enum { "deep", "flat" },
    trainer = Step { "(train: Table {l: Bool, ...f}, label: column l) -> (model: Model)", default = xgboost.train },
  },
  build = function (p)
    local depths = { deep = { 3, 6 }, flat = { 1 } }
    local rows = sql [[ SELECT 1 AS x, true AS y ]]
    each(grid { depth = depths[p.depth], eta = { 0.1 } }, function (h)
      p.trainer { rows, label = "y", max_depth = h.depth, eta = h.eta }
    end)
  end,
}
