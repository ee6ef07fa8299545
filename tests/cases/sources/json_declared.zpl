local Event = Table { id = Timestamp, tags = Int, user = String, score = Float, nmae = String }
local events = json.read { "events.json", type = Event }
