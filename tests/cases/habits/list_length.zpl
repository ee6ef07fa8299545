local list = { 1, 2 }
local more = list.length + 1
