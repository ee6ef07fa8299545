limits { db = 0, half = 1.5, cpu = 2, ["a b"] = 1, text = "z", text = 2, many = 1001, top = 1000 }
limits { late = 1 }
limits "db"
limits { 3 }
