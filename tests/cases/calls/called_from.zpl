local flights = csv.read "flights.csv"

local function part (rows, share)
  return split { rows, ratio = share }
end

local function both (rows)
  return part(rows, 2)
end

local train, test = both(flights)
