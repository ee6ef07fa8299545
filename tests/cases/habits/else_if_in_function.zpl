local function f (a)
  if a == 1 then
    return 1
  else if a == 2 then
    return 2
  else
    return 3
  end
end
local d = f(1)
