local p = params {
  a = Integer, b = Str, c = Double, d = DateTime, e = Boolean, f = Text, g = Number,
  h = int, i = str, j = float, k = bool, l = date, m = DataFrame,
}
