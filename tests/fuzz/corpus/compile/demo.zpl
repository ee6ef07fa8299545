-- delays.zpl: which flights arrive late?        zpl run delays.zpl --minutes 30
local p = params { data = Path "data/flights-3m.parquet", minutes = Int { default = 15, min = 0 }, min_auc = 0.6 }

local flights = parquet.read { p.data, hindsight = { "delay" } }

local rows = sql [[ SELECT hour(date) AS hour, isodow(date) AS weekday, distance,
                           delay > $minutes AS late
                    FROM flights ]]

local train, test = split { rows, ratio = 0.8, seed = 7 }
local model       = xgboost.train { train, label = "late", rounds = 100 }
local report      = evaluate { model, test }
local shift       = drift { train, test }
deploy { model, name = "delays", when = report.auc >= p.min_auc and not shift.drifted }
