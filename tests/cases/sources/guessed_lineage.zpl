local prices = csv.read "month-1.csv"
local dear = sql [[ SELECT id, price AS cost FROM prices ]]
