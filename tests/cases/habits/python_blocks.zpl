local rows = csv.read "flights.csv"
if rows.sold:
    local x = 1
elif rows.age:
    local x = 2
else:
    local x = 3
for i in range(10):
    print(i)
while x:
    for j in list:
        x += 1
if x: y = 2
if x:
    local y = 1
else
    local y = 2
end
def f(x, y=1) -> int:
    """what it does"""
    return x + 1
try:
    f()
except ValueError as e:
    print(e)
finally:
    g()
with open("flights.csv") as file:
    text = file.read()
class Model:
    def fit(self):
        pass
local last = ]
