local rows = csv.read "flights.csv"
for r in rows do local x = r.delay end
for r in csv.read "flights.csv" do local x = r.delay end
for i, r in rows do for key, value in r do local x = value end end
for i, r in ipairs(rows) do local x = r.delay end
local last = nme
