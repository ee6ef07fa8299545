local p = params {
  minutes = Int { default = 15, min = 0, max = 600 },
  mode = Enum { "fast", "exact", default = "fast" },
  share = 0.8,
}
local flights = csv.read "flights.csv"
local rows = sql [[ SELECT distance, delay > $minutes AS late FROM flights ]]
local train, test = split { rows, ratio = p.share }
