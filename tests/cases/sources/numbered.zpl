-- more columns than a query of our own may have, with names as an engine gives them to twins
local rows = csv.read "numbered.csv"
sql [[ SELECT x_7 + x_19 AS sum FROM rows ]]
