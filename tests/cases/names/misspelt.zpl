-- names of the program's own that are misspelt: of variables in sight, those of functions around too, before words of the language
local report = 3
local rows = sql "SELECT 1 AS x"
local function parts(tabel)
  return split { tabl, ratio = 0.5 }
end
parts(rows)
split { rwos, seed = repot }
each({ 1, 2 }, function (seed) split { rows, seed = sede } end)
split { rows, seed = reprot }
split { nothing_like_it }
local split_of = splt
