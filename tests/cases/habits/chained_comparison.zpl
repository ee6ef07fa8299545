local x = 3
local inside = 0.5 < x < 0.9
