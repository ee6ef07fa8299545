local p = params { minutes = 3, day = "x" }
local rows = csv.read "flights.csv"
local tab, list, report = { a = 1 }, { 1, 2 }, drift { rows, rows }
local run = { share = report.share }
sql [[ SELECT delay FROM rows WHERE delay > $p.minutes ]]
sql [[ SELECT delay FROM rows WHERE delay > $tab ]]
sql [[ SELECT delay FROM rows WHERE delay > $run ]]
sql [[ SELECT delay FROM rows WHERE delay IN $list ]]
sql [[ SELECT * FROM tab ]]
sql [[ SELECT * FROM list ]]
local f = p.minutes
sql [[ SELECT delay FROM rows WHERE delay > $f ]]
split { rows, ratio = 0/0 }
sql [[ PIVOT rows ON origin USING sum(delay) ]]
sql [[ SELECT * FROM (PIVOT rows ON origin USING sum(delay)) ]]
sql [[ INSERT INTO rows VALUES (1) ]]
