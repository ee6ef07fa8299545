for i in 1, 3 do local x = i end
for i in 3 do local x = i end
for i in 10, 1, -1 do local x = i end
local p = params {
  a = Int { minimum = 3, default = 4 },
  b = String { pattern = "^a", default = "a" },
  c = String { choices = { "a" }, default = "a" },
  d = Int { regex = "a", default = 1 },
}
