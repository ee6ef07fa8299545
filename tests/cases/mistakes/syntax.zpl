local a = 1 +
local b = [1, 2]
if a != 2 then
  x++
end
local t = { a: 1 }
local s = "open
for i in range(3):
  local y = i
end
local fine = csv.read "flights.csv"
local c = a ? 1 : 2
function f(x) { return x }
