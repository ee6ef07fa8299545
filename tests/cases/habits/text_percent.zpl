local name = "%d rows" % 3
