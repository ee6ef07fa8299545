local line = string.rep()
