local rows = csv.read "flights.csv"
local report = drift { rows, rows }
local a = string.format("%f", report.share)
local b = math.abs(report.share)
local c = math.max(1, report.share)
local whole, part = math.modf(report.share)
local d = whole + part
local e = string.upper(report.share)
local f = tonumber(report.share)
local g = table.concat({ report.share, 1 }, ",")
local h = table.unpack(rows)
local kept = table.pack(report.share, rows)
table.insert(kept, report.share)
error(report.share)
