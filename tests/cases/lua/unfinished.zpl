local flights = csv.read "flights.csv"
local function part (rows)
  if rows then
    return split { rows }
end
local train, test = part(flights)
