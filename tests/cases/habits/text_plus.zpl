local name = "a" + "b"
