local function check (share)
  assert(share < 1, "the share has to be below 1")
  return share
end
local flights = csv.read "flights.csv"
local train, test = split { flights, ratio = check(2) }
