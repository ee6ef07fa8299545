-- twelve mistakes, each told once, nothing else
local p = params { minutes = Int { default = 15, min = 20 }, when_ = Date { default = "2024-02-31" } } -- 1, 2
local flights = csv.read { "flights.csv", hindsight = { "delay" } }
local planes  = csv.read { "flights.csv", type = Table { tailnum = String, ... } } -- 3
local rows    = sql [[ SELECT distance, dealy > 15 AS late FROM flights ]]        -- 4
local data    = sql [[ SELECT distance, origin, delay, delay > 15 AS late FROM flights ]]
local train, test = split { data, ratio = 1.8 }                                   -- 5
local few, rest   = split { data, rato = 0.5 }                                    -- 6
local model   = xgboost.train { few, label = "lat" }                              -- 7
local other   = xgboost.train { rest, label = "late", features = { "origin" } }   -- 8
local good    = xgboost.train { data, label = "late", features = { "distance" } }
local report  = evaluate { good, data, allow = { leak = { "test" } } }
if report.auc > 0.6 then local nothing = 1 end                                    -- 9
deploy { good, name = "late", when = report.acu >= 0.6 }                          -- 10
local x = missing + 1                                                             -- 11
xgboost.trian { data, label = "late" }                                            -- 12
