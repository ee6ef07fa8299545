-- What is wrong with a type is told where it is written, not once more of the file.
local months = csv.read { "month-1.csv", type = Table { id = Integer } }
