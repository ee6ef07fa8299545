local list = {}
list.append(3)
