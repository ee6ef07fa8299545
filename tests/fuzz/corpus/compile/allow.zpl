local f = parquet.read { "f", hindsight = { "delay" } } local m = xgboost.train { f, label = "delay", allow = { leak = { "delay" } } } evaluate { m, f }
