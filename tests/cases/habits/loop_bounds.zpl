local rows = csv.read "flights.csv"
local report = drift { rows, rows }
for i = 1, report.share do local x = i end
for i = report.share, 10 do local x = i end
for i = 10, 1, report.share do local x = i end
for i = 1, #rows do local x = i end
for i = 1, rows.missing do local x = i end
local last = nme
