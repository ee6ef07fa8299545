if 6ethen
  local x = 1
end
if 1 6ethn
local y = 1 end
