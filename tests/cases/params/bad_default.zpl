local p = params { minutes = Int { default = -1, min = 0 } }
