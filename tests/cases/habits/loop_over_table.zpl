local list, record = { 1, 2 }, { depth = 3, eta = 0.1 }
for x in list do local y = x end
for k, v in record do local y = v end
for k in record do local y = k end
for i, v in { 4, 5 } do local y = v end
for c in "abc" do local y = c end
for i in 10 do local y = i end
for i in #list do local y = i end
for x in list.missing do local y = x end
for row in csv.read do local y = row end
local last = nme
