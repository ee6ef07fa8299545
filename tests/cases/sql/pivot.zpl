-- A PIVOT names its columns: the checker knows them, and what they come from.
local rows = csv.read { "ranks.csv", type = Table { a = Int, b = Int, name = String } }
local short   = sql [[ PIVOT rows ON name IN ('x', 'y') USING sum(b) GROUP BY a ]]
local long    = sql [[ FROM rows PIVOT (sum(b) FOR name IN ('x', 'y') GROUP BY a) ]]
local inside  = sql [[ SELECT a, x + y AS xy FROM (PIVOT rows ON name IN ('x', 'y') USING sum(b)) ]]
local named   = sql [[ WITH w AS (PIVOT rows ON name IN ('x', 'y') USING sum(b) AS s, max(a) AS m) SELECT x_s, y_m FROM w ]]
local of_some = sql [[ PIVOT (SELECT * FROM rows WHERE b > 1) ON name IN ('x', 'y') USING count(*) GROUP BY a ORDER BY a ]]
local across  = sql [[ UNPIVOT rows ON a, b INTO NAME what VALUE value ]]
local along   = sql [[ FROM rows UNPIVOT INCLUDE NULLS (value FOR what IN (a, b)) ]]
sql [[ SELECT a, x, y FROM short UNION ALL SELECT a, x, y FROM long UNION ALL SELECT a, x, y FROM of_some ]]
sql [[ SELECT a, xy FROM inside UNION ALL SELECT x_s, y_m FROM named UNION ALL SELECT value, 1 FROM across ]]
sql [[ SELECT name, what, value FROM along UNION ALL SELECT name, what, value FROM across ]]
-- and these do not
sql [[ SELECT z FROM short ]]
sql [[ PIVOT rows ON name USING sum(b) ]]
sql [[ SELECT * FROM (PIVOT rows ON name USING sum(b)) ]]
sql [[ FROM rows PIVOT (sum(b) FOR nome IN ('x')) ]]
