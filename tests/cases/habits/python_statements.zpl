import pandas as pd
from sklearn.model_selection import train_test_split
from x import *
assert x > 1, "too small"
raise ValueError("x")
print x
del x
pass
continue
global x
x: int = 5
local y: Int = 5
x += 1
x = a if b else c
local z = x is not None
if z is None then local a = 1 end
if not z in list then local a = 1 end
local a, b = split rows
# a comment that isn't finished
local text = """
several lines
"""
def f(x): return x
local last = ]
