local recent = step "recent" { inputs = { rows = Table { day = Int, ... } }, params = { days = Int { default = 30, min = 1 } }, outputs = { rows = Table { delay = Int } }, sql = [[ SELECT delay FROM rows WHERE day <= $days ]], doc = "d" }
recent { csv.read "x", days = 7 }
