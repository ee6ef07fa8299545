local t = setmetatable({}, {}) local s = ("x"):rep(3):upper():gsub("X", "%0") for k, v in pairs { b = 1, 2 } do s = s .. k .. v end table.sort({ 3, 1 }, function (a, b) return a > b end)
