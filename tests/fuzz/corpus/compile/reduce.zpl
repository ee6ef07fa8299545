local a, b = drift { csv.read "a", csv.read "b" }, drift { csv.read "c", csv.read "d" }
local m = max({ a, b }, "drifted")
split { csv.read "e", when = m.drifted, ratio = 0.5 }
