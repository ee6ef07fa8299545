local f = parquet.read "f" xgboost.train { f, label = "\xcc" }
