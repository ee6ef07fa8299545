local r = drift { csv.read "a", csv.read "b" }
if r.drifted then end
local x = r.drifted + 1 .. "a" .. #r
for k in pairs(r) do end r.x = 1 r()
