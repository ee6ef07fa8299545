local p = params { a = 1, b }
