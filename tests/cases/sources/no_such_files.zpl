local years = csv.read "year-*.csv"
local none = csv.read { {} }
local one = csv.read { { "month-2.csv", "month-9.csv" } }
local listed = csv.read(files "month-*.csv")
local near = csv.read "mont-*.csv"
