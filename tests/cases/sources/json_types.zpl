local events = json.read "events.json"
local bad = sql [[ SELECT id + user AS sum FROM events ]]
local more = sql [[ SELECT sum(score) AS total FROM events ]]
