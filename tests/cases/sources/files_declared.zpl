local Month = Table { id = Int, price = String, at = Bytes }
local months = csv.read { "month-*.csv", type = Month }
