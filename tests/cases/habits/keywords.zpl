local a, b, list = 1, 2, { 1 }
for i = 1, 3 do if i == 2 then continue end local x = 1 end
for i = 1, 3 do
  local x = i
endd
if a => b then local y = 1 end
if a < b thne local x = 1 esle local y = 2 end
loca z = 1
local f = x -> x + 1
local g = each(list, (x, i) -> x + i)
rows |> split { ratio = 0.5 }
rows %>% split()
import "x" as b
local w = list.n => 2
retrun z
