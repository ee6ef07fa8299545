local a = 1
if a == 1 then
  local b = 1
else if a == 2 then
  local b = 2
end
local d = 1
