-- A split is by chance or by time; a step of one's own may have both words.
local rows = sql [[ SELECT i AS day, i % 2 = 0 AS late FROM range(9) t(i) ]]
split { rows, stratify = "late", time = "day", as = "both" }
local own = step "own" { signature = "(rows: Table {day: Int, ...}, stratify?: column s, time?: column w) -> (rows: Table {day: Int})", sql = [[ SELECT day FROM rows ]] }
own { rows, stratify = "day", time = "day" }
local none
split { rows, stratify = none, time = "day", as = "one" }
