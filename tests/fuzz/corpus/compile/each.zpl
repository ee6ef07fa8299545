local dev = csv.read "x"
local trials = each(grid { d = { 3, 6 }, eta = { 0.1, 0.3 } }, function (h, i)
  local a, b = split { dev, seed = h.d + i }
  return { h = h, r = drift { a, b } }
end)
local best = coalesce(trials[1].r.drifted, true)
