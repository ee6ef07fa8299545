local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local clip = step "clip" {
  signature = "(rows: Table {distance: Int, delay: Int}) -> (rows: Table {distance: Int, late: Bool})",
  lua = function (t)
    local distance, late = {}, {}
    for i = 1, #t.rows do distance[i], late[i] = t.rows.distance[i], t.rows.delay[i] > 15 end
    return { distance = distance, late = late }
  end,
}
local model = xgboost.train { clip { flights }, label = "late" }
