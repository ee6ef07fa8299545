pipeline "p" {
  params = { trainer = Step "(train: Table {l: Bool, ...f}, label: column l) -> (model: Model)", k = 3 },
  build  = function (p) p.trainer { csv.read "flights.csv", label = "late" } end,
}
