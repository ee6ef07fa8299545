x <- 5
local y <- 5
local z = rows %>% filter(x)
SELECT * FROM rows
local rows = SELECT a FROM rows
func f(x) return x end
unless x then local a = 1 end
elif x then local a = 1 end
local last = ]
