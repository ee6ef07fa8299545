local f = parquet.read "f" xgboost.train { f, label = "\xcc", features = { "\xff" } } csv.read "\xff" split { f, as = "\xff" }
