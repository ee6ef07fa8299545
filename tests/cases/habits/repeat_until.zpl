local rows = csv.read "flights.csv"
local report = drift { rows, rows }
repeat local x = 1 until report.drifted
repeat local again = drift { rows, rows } until again.share > 0.5
while report.share > 0.5 do local x = 1 end
local nothing = report.share > nil
local last = nme
