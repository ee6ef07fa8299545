local list = { "a", "b" }
local name = "columns " .. list
