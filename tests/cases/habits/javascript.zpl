const x = 1;
let f = x => x + 1;
local g = (x, y) => x + y;
local h = (x) => { return x; };
if (x == 1) { f() } else { g() }
if (x == 1) {
  f()
} else if (x == 2) {
  g()
}
while (x) { f() }
for (let i = 0; i < 10; i++) { f() }
if (x) f()
x++
local y = x++
local z = a ? b : c
local t = `text`
throw new Error("x")
switch x { f() }
local last = ]
