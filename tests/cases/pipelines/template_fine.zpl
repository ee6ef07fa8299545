-- Nothing is said of what depends on an input that is not known; what stands in for them is no step.
local inner = pipeline "inner" {
  inputs = { rows = Table { a = Int, l = Bool } },
  build  = function (p) return xgboost.train { p.rows, label = "l" } end,
}
local mine = step "mine" {
  signature = "(rows: Table {a: Int, ...r}, k: Int 1..5) -> (rows: Table {a: Int, ...r})",
  lua = function (t) return t.rows end,
}
local all = pipeline "all" {
  inputs = {
    rows = Table { a = Int, l = Bool }, open = Table {...}, half = Table { a = Int, ... }, only = Table { l = Bool },
    model = Model, boosted = Model { "xgboost" }, list = List(Table { a = Int }), record = Record { a = Int },
    any = Report {...}, report = Report { auc = Float, ok = Bool }, file = File, folder = Dir, place = Endpoint,
  },
  params = {
    label = String, k = Int { min = 1 }, ratio = Float, name = String, dir = Path, names = List(String), ks = List(Int),
    day = Optional(Date), flag = Bool, mode = Enum { "a", "b" }, quick = false,
    trainer = Step "(rows: Table {...r}, label: String) -> (model: Model, other: Report)",
    boost = Step { "(train: Table {l: Bool, ...f}, label: column l) -> (model: Model)", default = xgboost.train { max_depth = 3 } },
  },
  build = function (p)
    local rows, open, half, k, name = p.rows, p.open, p.half, p.k, p.name
    local a = sql [[ SELECT a FROM rows WHERE a > $k ]]
    local b = sql [[ SELECT foo FROM open WHERE x = $name ]]
    local c = sql [[ SELECT a, bar FROM half JOIN open USING (z) ]]
    local train, test = split { rows, ratio = p.ratio, seed = k, as = name .. "_split", stratify = p.label }
    local m, other = p.trainer { train, label = p.label }
    local m2 = p.boost { train, label = "l", as = ("m_%s"):format(name) }
    local r, r2 = evaluate { m, test }, evaluate { m2, test }
    local r3, r4 = evaluate { p.model, rows }, evaluate { p.boosted, half }
    deploy { m2, name = name, when = r2.auc > p.ratio and p.report.ok and other.x > 3 and p.flag }
    local days = csv.read { p.dir / "x.csv", hindsight = { p.label } }
    local tables = each(files(p.dir / "*.csv"), function (f) return csv.read { f } end)
    local of_names, texts = each(p.names, function (n) return sql [[ SELECT 1 AS q ]], n end)
    local of_list = each(p.list, function (t) return mine { t, k = k } end)
    local models = each(grid { a = p.ks, b = { 1, 2 } }, function (g) return xgboost.train { rows, label = "l", max_depth = g.a } end)
    local folds = each(kfold { rows, k = k, seed = k, stratify = p.label }, function (fold)
      return evaluate { xgboost.train { fold.train, label = "l" }, fold.test }
    end)
    local best, average, one = max(folds, name), mean(folds), coalesce(p.flag, true)
    local last = { inner { rows }, inner { open }, inner { half }, xgboost.train { p.only, label = "l" } }
    local q = mine { rows, k = ({ 1, 2 })[k] }
    local z = p.record.a + 1, p.record.b, p.any.auc, p.names[1], #p.names
    local made = step "made" { signature = "(rows: Table {" .. name .. ": Int}) -> (n: Int)", sql = "SELECT " .. p.label .. " FROM rows" }
    made { rows }
    if p.quick then error "not yet" end
    if k > 100 then error "too many" end
    local trainer = ({ a = xgboost.train, b = mine })[p.mode]
    if p.mode == "a" then trainer = nil end
    for i = 1, k do mine { rows, k = i } end
    for _, n in ipairs(p.names) do mine { rows } end
    return trainer { rows }, drift { rows, open }
  end,
}
local loops = pipeline "loops" {
  inputs = { rows = Table { a = Int }, k = Int },
  build  = function (p)
    local n = type(p.k) == "number" and p.k or 3
    while p.k ~= 3 do n = n + 1 end
    for key, v in pairs { [p.k] = 1 } do mine { p.rows, k = v } end
    assert(false, "what a program raises itself may depend on what it is given")
  end,
}
return { all = all, loops = loops }
