local function f (t) return t.a.b end
local function g (t) return f(t) end
g({})
