local p = params { day = Date, data = Path }
local flights = csv.read(p.data)
