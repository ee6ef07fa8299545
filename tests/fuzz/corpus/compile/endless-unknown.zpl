local t = {} while true do T[#t + 1] = s end
