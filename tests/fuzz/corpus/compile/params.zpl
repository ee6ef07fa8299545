local p = params { n = Int { default = 15, min = 0, doc = "d" }, f = 0.6, s = "x", l = List(Int) { default = { 1, 2 } }, d = Optional(Date), e = Enum { "a", "b", default = "a" }, path = Path "a.csv" }
if p.n > 3 and p.d ~= nil then csv.read { p.path / "x" / p.n } end
