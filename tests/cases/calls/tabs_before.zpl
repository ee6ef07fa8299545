local flights = csv.read "flights.csv"
do
	local train, test = split {	flights,	ration = 0.8 }
end
