local orders = parquet.read "text.parquet"
