local name = "flights"
local upper = name.upper()
