local p = params { data = Path, folder = Path }
csv.read { p.data, as = "data" }
csv.read { p.folder / "deep" / "orders.csv", as = "deep" }
assert(#files(p.folder / "*" / "*.csv") == 1)
