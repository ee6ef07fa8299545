local a, b = csv.read "a", csv.read "b"
local r = drift { a, b }
local c = r.drifted and not (r.drifted == false) or r.drifted ~= true
split { a, when = c, as = "x", after = { r }, retries = 2, timeout = "2h", cache = false, resources = { cpu = 2, memory = "16Gi" } }
