-- A command takes everything a step can take; nothing of it runs here.
local rows  = csv.read "flights.csv"
local train, test = split { rows }
local count = step "count" {
  inputs  = { rows = Table { delay = Int, ... }, report = Report { share = Float, ... } },
  params  = { script = Path "count.sh", names = List(String) { default = { "a" } }, day = Optional(Date) },
  outputs = { out = Table { n = Int }, info = Report { n = Int }, file = File, folder = Dir },
  command = { "sh", Path "count.sh", "$script", "$rows.csv", "$out.csv", "--names=$names", "$day", "$report",
              "$info", "$file", "$folder", "cost: 3$$", 7 },
  vars    = { LC_ALL = "C", "CUDA_VISIBLE_DEVICES" },
  timeout = "10m",
}
local n, info = count { train, drift { train, test } }
sql [[ SELECT n + 1 AS more FROM n ]]
