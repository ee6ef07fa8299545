local events = json.read "broken.json"
local text = json.read "orders.csv"
