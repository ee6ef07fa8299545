-- What a query leaves to the order in which rows are stored is told once, unless a unique column decides.
local rows = csv.read { "ranks.csv", type = Table { a = Int { unique = true }, b = Int, name = String } }
sql [[ SELECT a FROM rows LIMIT 3 ]]
sql [[ SELECT a FROM rows OFFSET 3 ]]
sql [[ SELECT a FROM rows ORDER BY b LIMIT 3 ]]
sql [[ SELECT a, b FROM rows ORDER BY b, a LIMIT 3 ]]
sql [[ SELECT b FROM rows ORDER BY b LIMIT 3 ]]
sql [[ SELECT b FROM rows ORDER BY 1 LIMIT 3 ]]
sql [[ SELECT b AS x, name FROM rows ORDER BY ALL LIMIT 3 ]]
sql [[ SELECT b, count(*) AS n FROM rows GROUP BY b ORDER BY n DESC, b LIMIT 3 ]]
sql [[ SELECT b, count(*) AS n FROM rows GROUP BY b ORDER BY n DESC LIMIT 3 ]]
sql [[ SELECT count(*) AS n FROM rows LIMIT 3 ]]
sql [[ SELECT row_number() OVER (ORDER BY b) AS n FROM rows ]]
sql [[ SELECT row_number() OVER (ORDER BY b, a) AS n FROM rows ]]
sql [[ SELECT row_number() OVER (PARTITION BY a ORDER BY b) AS n FROM rows ]]
sql [[ SELECT lag(b) OVER () AS n FROM rows ]]
sql [[ SELECT lag(b) OVER (ORDER BY b) AS n FROM rows ]]
sql [[ SELECT lag(name) OVER (PARTITION BY b ORDER BY name, b) AS n FROM rows ]]
sql [[ SELECT first(b) AS x, any_value(b) AS y FROM rows ]]
sql [[ SELECT any_value(b) AS y FROM rows ]]
sql [[ SELECT string_agg(name, ',') AS y FROM rows ]]
sql [[ SELECT string_agg(name, ',' ORDER BY name) AS y FROM rows ]]
sql [[ SELECT list_sort(list(b)) AS y, len(array_agg(b)) AS z FROM rows ]]
sql [[ SELECT DISTINCT ON (b) name FROM rows ]]
sql [[ SELECT DISTINCT ON (b) name FROM rows ORDER BY b, name ]]
sql [[ SELECT DISTINCT ON (b) a FROM rows ORDER BY b, name ]]
sql [[ SELECT DISTINCT ON (b) name FROM rows ORDER BY b, a ]]
sql [[ WITH w AS (SELECT a AS id, b FROM rows WHERE b > 1) SELECT b FROM w ORDER BY id LIMIT 3 ]]
sql [[ SELECT r.b FROM (SELECT * FROM rows) AS r ORDER BY r.a LIMIT 3 ]]
sql [[ SELECT l.b FROM rows l JOIN rows r ON l.b = r.b ORDER BY l.a LIMIT 3 ]]
sql [[ SELECT l.b FROM rows l JOIN rows r ON l.b = r.b ORDER BY l.a, r.a LIMIT 3 ]]
sql [[ SELECT l.b FROM rows l SEMI JOIN rows r ON l.b = r.b ORDER BY l.a LIMIT 3 ]]
sql [[ SELECT b FROM (SELECT b, max(name) AS m FROM rows GROUP BY b) ORDER BY b LIMIT 3 ]]
sql [[ SELECT m, b FROM (SELECT b, max(name) AS m FROM rows GROUP BY b) ORDER BY m LIMIT 3 ]]
sql [[ SELECT b FROM rows UNION SELECT a FROM rows ORDER BY b LIMIT 3 ]]
sql [[ SELECT rank() OVER (ORDER BY b) AS r, sum(b) OVER (ORDER BY b) AS s FROM rows ]]
sql [[ SELECT a, unnest([b, a]) AS x FROM rows ORDER BY a LIMIT 3 ]]
sql [[ SELECT row_number() OVER (ORDER BY a) AS n, unnest([b, a]) AS x FROM rows ]]
sql [[ SELECT x FROM (SELECT a, unnest([b, a]) AS x FROM rows) ORDER BY a, x LIMIT 3 ]]
sql [[
  SELECT first(name) AS f, last(name) AS l, lag(min(b)) OVER () AS g
  FROM rows
  WHERE b IN (SELECT b FROM rows LIMIT 2) OR b IN (SELECT a FROM rows LIMIT 3)
  GROUP BY b
]]
local function first(t) return sql [[ SELECT b FROM t ORDER BY a LIMIT 1 ]] end
first(rows)
first(csv.read { "ranks.csv", type = Table { a = Int, b = Int, name = String } })
